/** The one event that is published again and again, and how its age is found in a frame. */

export const EVENT_TYPE = 'bench.tick';
/** The Redis channel of the peers that subscribe themselves. */
export const CHANNEL = 'bench';

const FILLER = 'x'.repeat(150);
/** As long as the cursor that Herald appends, so that all peers' frames have about the same size. */
const CURSOR = `${'0'.repeat(18)}.${'0'.repeat(12)}.${'0'.repeat(8)}`;
const MARK = '"sent_at":';
/** More than a time has; what follows it is no digit. */
const DIGITS = 20;

/** Some 200 bytes of JSON. */
// eslint-disable-next-line @typescript-eslint/consistent-type-definitions -- an interface isn't assignable to a record
export type Tick = { n: number; sent_at: number; filler: string };

export function tick(n: number): Tick {
  return { n, sent_at: microseconds(), filler: FILLER };
}

/** The same with a cursor, for peers that add none. */
export function tickWithCursor(n: number): { data: Tick; cursor: string } {
  return { data: tick(n), cursor: CURSOR };
}

/** The text of a frame as Herald sends it, for peers that send a text as it is. */
export function frameText(n: number): string {
  return JSON.stringify({ type: 'event', event_type: EVENT_TYPE, ...tickWithCursor(n) });
}

/**
 * How long ago the event of a frame was published, in milliseconds; null: it is something else.
 * @param bytes with the frame's payload from `start` to `end`
 */
export function ageMs(bytes: Buffer, start: number, end: number): number | null {
  const at = bytes.indexOf(MARK, start, 'latin1') + MARK.length;
  if (at < start + MARK.length || at >= end) return null;
  const sentAt = Number.parseInt(bytes.toString('latin1', at, Math.min(at + DIGITS, end)), 10);
  return (microseconds() - sentAt) / 1_000;
}

/** By the machine's monotonic clock, which all its processes share. */
function microseconds(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
