import { useEffect, useState } from 'react';
import { pointOf, type Point, type Reading, readMetrics } from './node-metrics.js';

const POLL_MS = 2_000;
/** Five minutes. */
const KEPT = 150;

export interface NodeMetrics {
  /** Oldest first. */
  points: readonly Point[];
  /** Why the last reading failed. */
  error: Error | null;
}

/** Polls the metrics of the node that serves this page, while the page is visible. */
export function useNodeMetrics(): NodeMetrics {
  const [metrics, setMetrics] = useState<NodeMetrics>({ points: [], error: null });
  useEffect(() => {
    const ending = new AbortController();
    let before: Reading | undefined;
    let timer: ReturnType<typeof setTimeout>;

    const read = async () => {
      try {
        const reading = document.hidden ? null : await readMetrics(ending.signal);
        if (reading !== null) {
          const point = pointOf(before, reading);
          before = reading;
          setMetrics(({ points }) => ({ points: [...points, point].slice(-KEPT), error: null }));
        }
      } catch (error) {
        if (ending.signal.aborted) return;
        before = undefined;
        setMetrics(({ points }) => ({ points, error: error instanceof Error ? error : new Error(String(error)) }));
      }
      timer = setTimeout(() => void read(), POLL_MS);
    };

    void read();
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }, []);
  return metrics;
}
