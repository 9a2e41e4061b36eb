const THRESHOLDS = [100, 90, 80];

/**
 * The threshold, in percent, that usage reaches with exactly this number; null if none. If a small limit makes several thresholds
 * coincide, returns the highest.
 */
export function thresholdReached(used: number, limit: number): number | null {
  return THRESHOLDS.find((percent) => Math.ceil((limit * percent) / 100) === used) ?? null;
}
