import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TIMINGS } from '../../src/config/environment.js';
import { Deployment, type Watch } from '../support/deployment.js';
import type { HeraldProcess } from '../support/herald-process.js';
import type { Variables } from '../support/herald.js';
import { inTurns } from '../support/in-turns.js';
import { NOTHING_AMISS } from '../support/recording-client.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from '../support/ws-client.js';

const ORGANIZATIONS = 10;
/** As many of the abuse case's 1,000 as a run of seconds allows. */
const CLIENTS = 200;
/** How many connect at a time. */
const AT_ONCE = 50;
const PER_SECOND = 200;
/** At most: when it is over, clients that are too busy to read their close frame are cut off. The abuse case permits 20 s. */
const GRACE_MS = 15_000;
const END_MS = 20_000;
const TIMEOUT_MS = 90_000;
/** A client that is refused for a while must not miss more than history keeps. */
const NO_LIMIT = { WS_MAX_CONNECTIONS_PER_USER: '0', HISTORY_SIZE: '2000' };

let deployment: Deployment;

beforeEach(async () => {
  const nodes: [Variables, Variables] = [NO_LIMIT, NO_LIMIT];
  deployment = await Deployment.start({ nodes, organizations: ORGANIZATIONS });
});
afterEach(async () => {
  await closeAllClients();
  await deployment.stop();
});

function watchFrom(node: HeraldProcess): Promise<Watch[]> {
  return inTurns(CLIENTS, AT_ONCE, async (n) => {
    const orgId = deployment.orgIds[n % ORGANIZATIONS] ?? '';
    return { orgId, client: await deployment.watch(node, orgId) };
  });
}

describe('a rolling restart under 200 changes a second', () => {
  it(
    // @abuse OPS-01, OPS-03
    'closes all clients with 1012, twice, and they resume on another node without missing anything',
    async () => {
      const own = { SHUTDOWN_GRACE_MS: String(GRACE_MS) };
      const first = await deployment.startProcess(own);
      // `stop()` drains a node in this process as the signal does, at a fourth of the cost of a separate process.
      const second = await deployment.nodes[0].another(own, { timings: { drainNoticeMs: TIMINGS.drainNoticeMs } });
      const watches = await watchFrom(first);
      const load = deployment.load(PER_SECOND);
      await until(() => load.least > 3);
      for (const [end, staying] of [
        [async () => expect(await first.end('SIGTERM')).toEqual({ code: 0, signal: null }), second],
        [() => second.stop(), deployment.nodes[0]],
      ] as const) {
        const ended = end();
        const moved = watches.map(async ({ client }) => {
          const close = await client.closed(END_MS);
          return { ...close, resumed: await client.resume(staying) };
        });
        expect(await Promise.all(moved)).toEqual(
          moved.map(() => ({ code: 1012, reason: 'restarting', resumed: true })),
        );
        await ended;
        const before = load.least;
        await until(() => load.least > before + 3);
      }
      await load.stop();
      for (const { orgId, client } of watches) {
        await until(() => client.has(load.count(orgId) - 1));
        expect(client.account(load.count(orgId))).toEqual(NOTHING_AMISS);
      }
    },
    TIMEOUT_MS,
  );
});
