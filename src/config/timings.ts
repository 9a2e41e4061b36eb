import { REALTIME_TIMINGS, type RealtimeTimings } from '../realtime/support/timings.js';

/** Intervals that operators can't set, but tests shorten. */
export interface Timings extends RealtimeTimings {
  /** How long a client may take to send the head of a request. */
  requestHeadMs: number;
  /** How long a client may take to send a whole request. */
  requestMs: number;
  /** How long a request may wait for its answer before it gets 503. */
  answerMs: number;
  /** The least time between two key requests caused by tokens: limits what forged tokens can cost the identity provider. */
  keyCoolDownMs: number;
  /** How long the identity provider may take to answer with its keys. */
  keyAnswerMs: number;
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
  ...REALTIME_TIMINGS,
  // A head is a packet or two, which takes a second on the worst link. Slower clients only hold connections open.
  requestHeadMs: 10_000,
  // Enough for the largest body, 256 KB, at 9 KB a second.
  requestMs: 30_000,
  // Answers must arrive within 10 s, even if the database hangs; this leaves 2 s for the network.
  answerMs: 8_000,
  // A rotated key must be accepted within 10 s of its first use, even when a forged one has just begun the cool-down.
  keyCoolDownMs: 9_000,
  keyAnswerMs: 3_000,
  jobLockMs: 15_000,
  stalledJobsCheckMs: 5_000,
  exportUpkeepMs: 15_000,
  exportRetryMs: 1_000,
};
