import type { FuzzTarget } from './target.js';

export interface FuzzOptions {
  seed: number;
  numRuns: number;
}

/** Something that holds whatever a client does. */
export interface Property {
  name: string;
  /** @throws with the smallest thing found that breaks it */
  check: (target: FuzzTarget, options: FuzzOptions) => Promise<void>;
}

/**
 * One run: does something, and looks whether others were harmed by it. Once they were, there is nothing left to try smaller
 * things on: what has done it is then the smallest thing found.
 */
export async function run(target: FuzzTarget, attack: () => Promise<void>): Promise<void> {
  if (target.isHarmed) return;
  try {
    await attack();
  } finally {
    await target.check();
  }
}
