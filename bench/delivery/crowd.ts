/** The clients of this benchmark, in a process of their own: does what `Crowd` orders. */
import { setTimeout as wait } from 'node:timers/promises';
import { inTurns } from '../../test/support/in-turns.js';
import { until } from '../../src/realtime/testing/until.js';
import type { Order, Report } from './crowd-process.js';
import { Member } from './member.js';
import { Tally } from './tally.js';

/** Servers limit how many clients they admit at once, and none is measured at that. */
const JOINING_AT_ONCE = 100;
/** One of so many members measures latencies. */
const SAMPLED_OF = 20;
const PING_EVERY_MS = 5;
const ANSWERS_WITHIN_MS = 20_000;

const members: Member[] = [];
const tally = new Tally((frames) => tell({ kind: 'delivered', frames }));

function tell(report: Report): void {
  process.send?.(report);
}

function fail(error: unknown): void {
  tell({ kind: 'failed', why: error instanceof Error ? error.message : String(error) });
}

async function join({ target, tokens, count }: Extract<Order, { order: 'join' }>): Promise<void> {
  const joined = await inTurns(count, JOINING_AT_ONCE, (n) => {
    const token = tokens[n % tokens.length] ?? '';
    return Member.join({ target, token, tally, isSampled: n % SAMPLED_OF === 0, onLost: fail });
  });
  members.push(...joined);
}

/** Sends pings at a steady rate, each by the next member, and waits for the answers; resolves with their number. */
async function ping({ perSecond, ms }: Extract<Order, { order: 'ping' }>): Promise<number> {
  tally.begin(Infinity, false);
  const start = performance.now();
  let sent = 0;
  for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - start) {
    const due = Math.floor((elapsed * perSecond) / 1_000);
    for (; sent < due; sent += 1) members[sent % members.length]?.ping();
    await wait(PING_EVERY_MS);
  }
  await until(() => tally.frames >= sent, ANSWERS_WITHIN_MS);
  return sent;
}

async function obey(order: Order): Promise<number[]> {
  switch (order.order) {
    case 'join':
      await join(order);
      return [];
    case 'leave':
      for (const member of members.splice(order.keep)) member.leave();
      return [];
    case 'count':
      tally.begin(members.length, order.isSampling);
      return [];
    case 'latencies':
      return tally.latencies;
    case 'ping':
      return [await ping(order)];
  }
}

process.on('message', (order: Order) => {
  obey(order).then((result) => tell({ kind: 'done', result }), fail);
});
process.send?.('ready');
