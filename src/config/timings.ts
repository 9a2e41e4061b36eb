/** Intervals that operators can't set, but tests shorten. */
export interface Timings {
  /** How often a node reads the recent revocations, in case their signals were lost. */
  revocationsIntervalMs: number;
  /** How long a client may take to send the head of a request. */
  requestHeadMs: number;
  /** How long a client may take to send a whole request. */
  requestMs: number;
  /** How long a request may wait for its answer before it gets 503. */
  answerMs: number;
  /** How long guards, subscription and history may take together before the connection is closed with 1013. */
  admissionMs: number;
  /** How long a draining process keeps answering that it drains before it stops listening. */
  drainNoticeMs: number;
  /** The least time between two key requests caused by tokens: limits what forged tokens can cost the identity provider. */
  keyCoolDownMs: number;
  /** How long the identity provider may take to answer with its keys. */
  keyAnswerMs: number;
  /** How long a node's lease lasts; the node renews it three times as often. */
  nodeLeaseMs: number;
  /** How long a job's lock lasts. Its worker renews it; a worker that doesn't is presumed dead. */
  jobLockMs: number;
  /** How often to look for jobs without a lock; the second check in a row takes them over. */
  stalledJobsCheckMs: number;
  /** How often to look for unfinished exports whose job was lost. */
  exportUpkeepMs: number;
  /** Delay before an export is retried after its first failure; doubles each time. */
  exportRetryMs: number;
}

/** What a process uses unless it is given others. */
export const TIMINGS: Timings = {
  revocationsIntervalMs: 10_000,
  // A head is a packet or two, which takes a second on the worst link. Slower clients only hold connections open.
  requestHeadMs: 10_000,
  // Enough for the largest body, 256 KB, at 9 KB a second.
  requestMs: 30_000,
  // Answers must arrive within 10 s, even if the database hangs; this leaves 2 s for the network.
  answerMs: 8_000,
  // Longer than fetching keys may take, shorter than clients usually wait for a connection.
  admissionMs: 4_000,
  drainNoticeMs: 1_000,
  // A rotated key must be accepted within 10 s of its first use, even when a forged one has just begun the cool-down.
  keyCoolDownMs: 9_000,
  keyAnswerMs: 3_000,
  nodeLeaseMs: 15_000,
  jobLockMs: 15_000,
  stalledJobsCheckMs: 5_000,
  exportUpkeepMs: 15_000,
  exportRetryMs: 1_000,
};
