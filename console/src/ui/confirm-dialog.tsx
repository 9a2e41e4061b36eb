import type { ReactNode } from 'react';
import { Button } from './button.js';
import { Dialog } from './dialog.js';
import { ProblemNotice } from './problem-notice.js';
import { useAction } from './use-action.js';

interface ConfirmDialogProps {
  title: string;
  about: ReactNode;
  /** The label of the confirming button. */
  confirm: string;
  run: () => Promise<void>;
  onClose: () => void;
}

/** Asks before an action that can't be undone, and shows the error if it fails. */
export function ConfirmDialog({ title, about, confirm, run, onClose }: ConfirmDialogProps) {
  const action = useAction(run, onClose);
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="dialog-body">
        <p className="muted wrap">{about}</p>
        <ProblemNotice error={action.error} />
      </div>
      <div className="dialog-foot">
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="danger" isBusy={action.isRunning} onClick={() => void action.run()}>
          {confirm}
        </Button>
      </div>
    </Dialog>
  );
}
