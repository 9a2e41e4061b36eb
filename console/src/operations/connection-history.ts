import { useEffect, useRef, useState } from 'react';
import type { ChartPoint } from './chart-card.js';
import type { Point } from './node-metrics.js';

/** Adds to each reading of this node the number of connections on all nodes at that time. */
export function useConnectionHistory(points: readonly Point[], total: number | undefined): readonly ChartPoint[] {
  const [totals, setTotals] = useState<ReadonlyMap<number, number | null>>(new Map());
  const latest = useRef(total);
  useEffect(() => {
    latest.current = total;
  }, [total]);

  const at = points.at(-1)?.at;
  useEffect(() => {
    if (at === undefined) return;
    setTotals((before) => new Map([...before, [at, latest.current ?? null]]));
  }, [at]);
  return points.map((point) => ({ ...point, everywhere: totals.get(point.at) ?? null }));
}
