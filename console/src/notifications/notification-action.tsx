import { ArrowUpRight, Download } from 'lucide-react';
import { Link } from 'wouter';
import { useApi } from '../api/api.js';
import { download } from '../api/download.js';
import { Button } from '../ui/button.js';
import { isolated } from '../ui/isolated.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { useAction } from '../ui/use-action.js';
import { actionTarget } from './action-link.js';

interface NotificationActionProps {
  actionUrl: string | undefined;
  title: string;
  /** @param isLeaving whether the action opens another page of the console */
  onTaken: (isLeaving: boolean) => void;
}

/** Opens what a notification leads to: a page, a file or an address. */
export function NotificationAction({ actionUrl, title, onTaken }: NotificationActionProps) {
  const target = actionTarget(actionUrl, location.origin);
  if (target === null) return null;
  if (target.kind === 'download') return <DownloadAction path={target.path} onTaken={() => onTaken(false)} />;
  if (target.kind === 'page') {
    return (
      <Link href={target.path} className="button" aria-label={`Open: ${isolated(title)}`} onClick={() => onTaken(true)}>
        Open
      </Link>
    );
  }
  return (
    <a href={target.href} className="button" target="_blank" rel="noreferrer" onClick={() => onTaken(false)}>
      Open <ArrowUpRight size={14} aria-hidden="true" />
      <span className="visually-hidden">
        <bdi>{title}</bdi>, in a new window
      </span>
    </a>
  );
}

function DownloadAction({ path, onTaken }: { path: string; onTaken: () => void }) {
  const api = useApi();
  const action = useAction(async () => {
    await download(api, path);
    onTaken();
  });
  return (
    <>
      <Button
        icon={<Download size={14} aria-hidden="true" />}
        isBusy={action.isRunning}
        onClick={() => void action.run()}
      >
        Download
      </Button>
      <ProblemNotice error={action.error} />
    </>
  );
}
