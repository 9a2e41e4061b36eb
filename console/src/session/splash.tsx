import { ProblemNotice } from '../ui/problem-notice.js';
import { Logo } from '../ui/logo.js';
import './sign-in.css';

/** Shown until the server has answered. */
export function Splash({ error, onRetry }: { error: Error | null; onRetry: () => void }) {
  return (
    <main className="sign-in">
      <div className="sign-in-card" data-kind="splash">
        <Logo size={36} />
        {error === null ? (
          <p role="status" className="muted">
            Loading…
          </p>
        ) : (
          <>
            <h1>Can’t reach Herald</h1>
            <ProblemNotice error={error} onRetry={onRetry} />
          </>
        )}
      </div>
    </main>
  );
}
