import { useQuery } from '@tanstack/react-query';
import { CircleCheck, Download } from 'lucide-react';
import { useState } from 'react';
import { useApi } from '../api/api.js';
import { download } from '../api/download.js';
import { keys } from '../api/keys.js';
import { path } from '../api/path.js';
import { pollDelay } from '../api/poll-delay.js';
import type { Export, ExportFormat, Organization } from '../api/types.js';
import { Button } from '../ui/button.js';
import { Dialog } from '../ui/dialog.js';
import { Choice } from '../ui/field.js';
import { isolated } from '../ui/isolated.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { useAction } from '../ui/use-action.js';

const POLL_MS = 400;

/** Exports the organization's resources, shows the progress, and offers the file. */
export function ExportDialog({ organization, onClose }: { organization: Organization; onClose: () => void }) {
  const { id: orgId, name } = organization;
  const api = useApi();
  const [format, setFormat] = useState<ExportFormat>('csv');
  const [exportId, setExportId] = useState<string | null>(null);
  const { data, error } = useExport(orgId, exportId);

  const start = useAction(async () => {
    const { id } = await api.send<Export>('POST', path`/orgs/${orgId}/exports`, { format });
    setExportId(id);
  });
  const save = useAction(async () => {
    if (data?.action_url) await download(api, data.action_url);
  });
  const isOver = data?.status === 'completed' || data?.status === 'failed';
  const isUnderWay = exportId !== null && !isOver;
  return (
    <Dialog title={`Export ${isolated(name)}`} about="All resources, in one file." onClose={onClose}>
      <div className="dialog-body">
        <ProblemNotice error={start.error ?? save.error ?? error} />
        {exportId === null && <FormatChoice format={format} onChoose={setFormat} />}
        {exportId !== null && <ExportProgress run={data} />}
      </div>
      <div className="dialog-foot">
        <Button onClick={onClose}>{isUnderWay ? 'Run in background' : 'Close'}</Button>
        {exportId === null && (
          <Button kind="primary" isBusy={start.isRunning} onClick={() => void start.run()}>
            Start export
          </Button>
        )}
        {data?.status === 'completed' && (
          <Button
            kind="primary"
            icon={<Download size={15} aria-hidden="true" />}
            isBusy={save.isRunning}
            onClick={() => void save.run()}
          >
            Download
          </Button>
        )}
        {data?.status === 'failed' && (
          <Button kind="primary" onClick={() => setExportId(null)}>
            Try again
          </Button>
        )}
      </div>
    </Dialog>
  );
}

function useExport(orgId: string, exportId: string | null) {
  const api = useApi();
  return useQuery({
    queryKey: keys.export(orgId, exportId ?? ''),
    queryFn: ({ signal }) => api.get<Export>(path`/orgs/${orgId}/exports/${exportId ?? ''}`, signal),
    enabled: exportId !== null,
    refetchInterval: ({ state }) => {
      const status = state.data?.status;
      return status === 'completed' || status === 'failed' ? false : pollDelay(POLL_MS, state.error);
    },
  });
}

function FormatChoice({ format, onChoose }: { format: ExportFormat; onChoose: (format: ExportFormat) => void }) {
  return (
    <fieldset className="fieldset">
      <legend>Format</legend>
      <div className="choices">
        <Choice
          title="CSV"
          about="For spreadsheets"
          name="format"
          checked={format === 'csv'}
          onChange={() => onChoose('csv')}
        />
        <Choice
          title="JSON"
          about="For developers"
          name="format"
          checked={format === 'json'}
          onChange={() => onChoose('json')}
        />
      </div>
    </fieldset>
  );
}

function ExportProgress({ run }: { run: Export | undefined }) {
  const progress = run?.progress ?? 0;
  if (run?.status === 'failed') {
    return <ProblemNotice error={new Error(run.error ?? 'The export failed. Try again.')} />;
  }
  const isDone = run?.status === 'completed';
  return (
    <div className="export-progress">
      <div className="row">
        <span role="status">
          {isDone && (
            <span className="row">
              <CircleCheck size={16} aria-hidden="true" className="ok-icon" />
              Your file is ready
            </span>
          )}
          {!isDone && (run?.status === 'running' ? 'Writing the file…' : 'Queued…')}
        </span>
        <span className="push muted small">{progress}%</span>
      </div>
      <progress aria-label="Export progress" max={100} value={progress} />
      {!isDone && <p className="field-hint">We’ll notify you when it’s ready.</p>}
    </div>
  );
}
