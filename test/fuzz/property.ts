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
