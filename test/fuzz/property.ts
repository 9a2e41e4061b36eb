import type { FuzzTarget } from './target.js';

export interface FuzzOptions {
  seed: number;
  numRuns: number;
}

/** A property that holds whatever a client does. */
export interface Property {
  name: string;
  /** @throws with the smallest counterexample found */
  check: (target: FuzzTarget, options: FuzzOptions) => Promise<void>;
}

/**
 * One run: attacks, and checks that others were not harmed. Once they were, later runs do nothing: the target is broken, so
 * fast-check can't shrink the counterexample.
 */
export async function run(target: FuzzTarget, attack: () => Promise<void>): Promise<void> {
  if (target.isHarmed) return;
  try {
    await attack();
  } finally {
    await target.check();
  }
}
