import { ProblemNotice } from './problem-notice.js';
import { SkeletonRows } from './skeleton.js';

interface PageStateProps {
  /** What is loading, as the heading of the page for who does not see it. */
  label: string;
  error: Error | null;
  onRetry: () => void;
}

/** A page that has nothing to show yet: it loads, or could not. */
export function PageState({ label, error, onRetry }: PageStateProps) {
  return (
    <>
      <h1 className="visually-hidden">{label}</h1>
      {error === null ? <SkeletonRows label={label} /> : <ProblemNotice error={error} onRetry={onRetry} />}
    </>
  );
}
