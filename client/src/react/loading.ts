import { ProblemError } from './problem.js';

const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60_000;

/** Loads something on demand: a new load replaces the one before. Temporary failures are retried. */
export class Loading {
  private controller = new AbortController();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  /** Whether the latest attempt is pending or has succeeded. */
  isGood = false;

  /** @param load must have no effect once its signal aborts */
  constructor(
    private readonly load: (signal: AbortSignal) => Promise<void>,
    private readonly onFailure: (problem: ProblemError) => void,
  ) {}

  /** Never rejects. */
  readonly now = async (): Promise<void> => {
    this.stop();
    const { signal } = (this.controller = new AbortController());
    this.isGood = true;
    try {
      await this.load(signal);
      if (!signal.aborted) this.failures = 0;
    } catch (error) {
      if (!signal.aborted) this.fail(error);
    }
  };

  stop(): void {
    clearTimeout(this.timer);
    this.controller.abort();
    this.isGood = false;
  }

  private fail(error: unknown): void {
    const problem = asProblem(error);
    this.isGood = false;
    if (problem.isTemporary) {
      const longest = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.failures++);
      this.timer = setTimeout(() => void this.now(), (longest * (1 + Math.random())) / 2);
    }
    this.onFailure(problem);
  }
}

/** Anything else thrown is a bug: show it, but don't break the page. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  return new ProblemError(0, 'Something went wrong', error instanceof Error ? error.message : String(error), [], {
    cause: error,
  });
}
