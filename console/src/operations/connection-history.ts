import { useEffect, useRef, useState } from 'react';
import type { ChartPoint } from './chart-card.js';
import type { Point } from './node-metrics.js';

/** Joins the number of connections of all nodes, as it was then, to each reading of this node. */
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
