import { CircleAlert } from 'lucide-react';
import { describeProblem } from '../api/problem.js';
import { Button } from './button.js';

interface ProblemNoticeProps {
  /** Null shows nothing. */
  error: Error | null;
  onRetry?: () => void;
}

/** Shows and announces what went wrong and what to do about it. */
export function ProblemNotice({ error, onRetry }: ProblemNoticeProps) {
  return (
    <div role="alert" hidden={error === null}>
      {error !== null && (
        <div className="notice" data-tone="danger">
          <CircleAlert size={16} aria-hidden="true" />
          <div className="wrap">{describeProblem(error)}</div>
          {onRetry && <Button onClick={onRetry}>Try again</Button>}
        </div>
      )}
    </div>
  );
}
