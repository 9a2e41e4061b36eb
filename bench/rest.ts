/**
 * What a request costs that publishes: the CPU time of a server process for each, fresh and warm, with clients that keep their
 * connections. Redis and Postgres are processes of their own, and not counted.
 */
import { ApiClient } from '../test/support/api-client.js';
import { herald } from '../test/support/herald.js';
import { HeraldProcess } from '../test/support/herald-process.js';
import { inTurns } from '../test/support/in-turns.js';
import { cpuMs } from './process-cpu.js';
import { table, writeResults } from './results.js';

const [FIRST, WARM_UP, MEASURED] = [100, 3_000, 3_000];
const AT_ONCE = 8;
const MANY = 1_000;

/** @returns true: its goals are figures to compare with, not limits */
export async function run(print: (line: string) => void): Promise<boolean> {
  const issuer = await herald({ RUN_JOBS: 'false' });
  const server = await (
    await HeraldProcess.spawn('main.js', {
      ...issuer.variables,
      HTTP_RATE_LIMIT_PER_MINUTE: '0',
      RUN_JOBS: 'false',
      LOG_LEVEL: 'warn',
    })
  ).ready();
  try {
    const orgId = await issuer.organization('owner');
    const owner = new ApiClient(server.url, await issuer.tokenFor('owner', { roles: ['realtime-notify'] }));
    const publish = (n: number): Promise<unknown> =>
      expectStatus(202, owner.post(`/orgs/${orgId}/events`, { event_type: 'invoice.paid', data: { n } }));
    const notify = (n: number): Promise<unknown> =>
      expectStatus(
        201,
        owner.post('/notifications', { user_id: `user-${n % 500}`, notification: { title: `No ${n}` } }),
      );
    const add = (n: number): Promise<unknown> =>
      expectStatus(201, owner.post(`/orgs/${orgId}/members`, { user_id: `member-${n}` }));
    const user_ids = Array.from({ length: MANY }, (_, n) => `user-${n}`);
    const batch = (n: number): Promise<unknown> =>
      expectStatus(201, owner.post('/notifications/batch', { user_ids, notification: { title: `Batch ${n}` } }));

    const cost = async (count: number, request: (n: number) => Promise<unknown>, atOnce = AT_ONCE) => {
      const [before, start] = [await cpuMs(server.pid), performance.now()];
      await inTurns(count, atOnce, request);
      const seconds = (performance.now() - start) / 1_000;
      return { cpu: ((await cpuMs(server.pid)) - before) / count, rate: count / seconds };
    };
    const shown = ({ cpu, rate }: Awaited<ReturnType<typeof cost>>): string =>
      `${cpu.toFixed(2)} ms, ${Math.round(rate).toLocaleString('en')} a second`;

    const fresh = await cost(FIRST, publish);
    await cost(WARM_UP, publish);
    const rows = [
      [`An event: CPU of each of the first ${FIRST}`, shown(fresh), '2.0 ms'],
      ['An event, warm', shown(await cost(MEASURED, publish)), '0.7 ms, 1,300 a second'],
    ];
    await cost(WARM_UP, notify);
    rows.push(['A stored notification, warm', shown(await cost(MEASURED, notify)), '0.9 ms']);
    await cost(500, add);
    rows.push(['Adding a member', shown(await cost(1_000, (n) => add(500 + n))), '500 a second']);
    await cost(5, batch, 1);
    const { cpu, rate } = await cost(20, batch, 1);
    rows.push([
      `Of ${MANY.toLocaleString('en')} notifications at once, each`,
      `${(cpu / MANY).toFixed(3)} ms, ${Math.round(rate * MANY).toLocaleString('en')} a second`,
      '0.08 ms',
    ]);
    for (const row of rows) print(row.join(' | '));
    await writeResults('rest', table(['', 'Measured', 'Goal'], rows));
    return true;
  } finally {
    await server.end('SIGTERM');
    await issuer.stop();
  }
}

async function expectStatus(status: number, answer: Promise<{ status: number; body: unknown }>): Promise<void> {
  const got = await answer;
  if (got.status !== status) throw new Error(`Got ${got.status}: ${JSON.stringify(got.body)}`);
}
