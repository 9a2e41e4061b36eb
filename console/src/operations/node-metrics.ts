import { type Buckets, bucketsOf, parsePrometheus, quantile, type Sample, sumOf } from './prometheus.js';

/** A reading of `GET /metrics`, from the process that answered. */
export interface Reading {
  at: number;
  /** Identifies the process, as several may share an address. */
  processId: string;
  connections: number | null;
  deliveries: number | null;
  latency: Buckets;
}

/** A point of the charts, computed from two readings of one process. */
export interface Point {
  at: number;
  connections: number | null;
  /** Frames per second. */
  deliveries: number | null;
  /** In milliseconds; null if nothing was delivered. */
  median: number | null;
  p95: number | null;
}

/** @throws {Error} if the metrics can't be read */
export async function readMetrics(signal: AbortSignal): Promise<Reading> {
  const response = await fetch('/metrics', { signal });
  if (!response.ok) throw new Error(`/metrics answered ${response.status}`);
  return readingOf(parsePrometheus(await response.text()), Date.now());
}

export function readingOf(samples: readonly Sample[], at: number): Reading {
  const connections = sumOf(samples, 'herald_connections');
  if (connections === null) throw new Error('/metrics doesn’t return Herald’s metrics');
  return {
    at,
    processId: String(sumOf(samples, 'process_start_time_seconds')),
    connections,
    deliveries: sumOf(samples, 'herald_deliveries_total'),
    latency: bucketsOf(samples, 'herald_commit_to_socket_seconds'),
  };
}

/** Rates need two readings of the same process. */
export function pointOf(before: Reading | undefined, now: Reading): Point {
  const { at, connections } = now;
  if (before?.processId !== now.processId) {
    return { at, connections, deliveries: null, median: null, p95: null };
  }
  const seconds = (at - before.at) / 1_000;
  const frames = now.deliveries === null || before.deliveries === null ? null : now.deliveries - before.deliveries;
  return {
    at,
    connections,
    deliveries: frames === null || seconds <= 0 ? null : frames / seconds,
    median: milliseconds(quantile(0.5, before.latency, now.latency)),
    p95: milliseconds(quantile(0.95, before.latency, now.latency)),
  };
}

function milliseconds(seconds: number | null): number | null {
  return seconds === null ? null : seconds * 1_000;
}
