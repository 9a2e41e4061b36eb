import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { ApiClient } from './support/api-client.js';
import { DocumentedApi } from './support/documented-api.js';
import { bodyOf, headersOf, idsInPath, pathOf } from './support/example-request.js';
import { type Herald, herald } from './support/herald.js';
import { inTurns } from './support/in-turns.js';
import { type PostgresServer, startPostgres } from './support/servers.js';
import { until } from '../src/realtime/testing/until.js';

const DEADLINE_MS = 1_000;
/** Routes that answer without the database. */
const PAGES = /^(GET \/docs|GET \/console\.json|GET \/$|GET \/metrics|GET \/health|POST \/dev)/;

let postgres: PostgresServer;
let node: Herald;
let token: string;

beforeAll(async () => {
  postgres = await startPostgres();
  const variables = { DATABASE_URL: await postgres.createDatabase(), RUN_JOBS: 'false', DATABASE_POOL_SIZE: '4' };
  node = await herald(variables, { timings: { answerMs: DEADLINE_MS } });
  token = await node.tokenFor('alice', { roles: ['realtime-admin'] });
});
afterEach(async () => {
  await postgres.resume();
  await until(() => node.isHealthy());
});
afterAll(async () => {
  await node.stop();
  await postgres.stop();
});

describe('while the database hangs', () => {
  it('every route answers in time, with 503 and problem details if it needs the database', async () => {
    const api = await DocumentedApi.of(node);
    const client = new ApiClient(node.url, token, '');
    const operations = api.operations.filter(({ key }) => !PAGES.test(key));
    await postgres.pause();
    const answers: Record<string, unknown> = {};
    const details = new Set<string>();
    // More concurrent requests than the pool has connections.
    await inTurns(operations.length, 12, async (n) => {
      const operation = operations[n];
      if (operation === undefined) return;
      const ids = Object.fromEntries(
        idsInPath(operation).map(({ name, isUuid }) => [name, isUuid ? randomUUID() : 'bob']),
      );
      const body = bodyOf(operation, {});
      const {
        status,
        headers,
        body: problem,
      } = await client.request(
        operation.method,
        pathOf(operation, ids),
        body === null ? undefined : JSON.stringify(body),
        headersOf(operation),
      );
      if (status < 500) return;
      details.add(problem.detail);
      answers[operation.key] = [status, headers.get('retry-after'), headers.get('content-type'), problem.status];
    });
    expect(Object.keys(answers).length).toBeGreaterThan(operations.length / 2);
    expect([...details]).toContain('No answer within 1 s; try again later.');
    const expected = [503, '5', 'application/problem+json; charset=utf-8', 503];
    expect(answers).toEqual(Object.fromEntries(Object.keys(answers).map((key) => [key, expected])));
  });

  it('a request still completes after its 503, and its database connection stays usable', async () => {
    const api = await node.api('alice', { token });
    await postgres.pause();
    const { status } = await api.post('/orgs', { name: 'Late' });
    expect(status).toBe(503);
    await postgres.resume();
    await until(async () => {
      const { status: now, body } = await api.get('/orgs');
      return now === 200 && (body as { items: { name: string }[] }).items.some(({ name }) => name === 'Late');
    });
  });
});
