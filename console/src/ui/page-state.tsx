import { ProblemNotice } from './problem-notice.js';
import { SkeletonRows } from './skeleton.js';

interface PageStateProps {
  /** What is loading; the page's heading for screen readers. */
  label: string;
  error: Error | null;
  onRetry: () => void;
}

/** A page that is loading, or failed to. */
export function PageState({ label, error, onRetry }: PageStateProps) {
  return (
    <>
      <h1 className="visually-hidden">{label}</h1>
      {error === null ? <SkeletonRows label={label} /> : <ProblemNotice error={error} onRetry={onRetry} />}
    </>
  );
}
