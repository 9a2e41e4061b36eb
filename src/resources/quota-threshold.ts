const THRESHOLDS = [100, 90, 80];

/**
 * The threshold, in percent, that a quota's use has come to with the last one added; null if it has come to none. Where a
 * small limit lets several fall on the same number it is the highest.
 */
export function thresholdReached(used: number, limit: number): number | null {
  return THRESHOLDS.find((percent) => Math.ceil((limit * percent) / 100) === used) ?? null;
}
