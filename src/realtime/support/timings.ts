/** Intervals of the engine that operators don't set, but tests shorten. Milliseconds. */
export interface RealtimeTimings {
  /** How often a node reads the recent revocations, in case their signals were lost. */
  revocationsIntervalMs: number;
  /** How long guards, subscription and history may take together before the connection is closed with 1013. */
  admissionMs: number;
  /** How long a client that resumes waits until what the broker has lost is published again. */
  confirmMs: number;
  /** How long a draining process keeps answering that it drains before it stops listening. */
  drainNoticeMs: number;
  /** How long a node's lease lasts; the node renews it three times as often. */
  nodeLeaseMs: number;
  /** How long a user whose last connection has ended counts as present. */
  presenceLingerMs: number;
}

export const REALTIME_TIMINGS: RealtimeTimings = {
  revocationsIntervalMs: 10_000,
  // Longer than fetching keys may take, shorter than clients usually wait for a connection.
  admissionMs: 4_000,
  confirmMs: 2_500,
  drainNoticeMs: 1_000,
  nodeLeaseMs: 15_000,
  presenceLingerMs: 5_000,
};
