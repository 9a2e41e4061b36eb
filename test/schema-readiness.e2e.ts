import { afterEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { MIGRATIONS } from '../src/database/migrations/index.js';
import { HeraldProcess } from './support/herald-process.js';
import { type Herald, herald } from './support/herald.js';
import { emptyDatabase, postgresDatabase } from './support/servers.js';

const LATEST = MIGRATIONS.at(-1)?.name;

let node: Herald;

afterEach(() => node.stop());

async function ready(): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${node.url}/health/ready`);
  return { status: response.status, body: await response.json() };
}

async function migrate(databaseUrl: string): Promise<void> {
  const run = await HeraldProcess.spawn('run-migrations.js', { DATABASE_URL: databaseUrl });
  expect(await run.exit()).toEqual({ code: 0, signal: null });
}

describe('readiness with RUN_MIGRATIONS=false', () => {
  it('names the migrations that an empty database lacks, until they are applied', async () => {
    const databaseUrl = await emptyDatabase();
    node = await herald({ DATABASE_URL: databaseUrl, RUN_MIGRATIONS: 'false' });
    const { status, body } = await ready();
    expect(status).toBe(503);
    expect(body).toMatchObject({ status: 'error', dependencies: { database: 'up', schema: 'down' } });
    expect(body).toHaveProperty(
      'missing_migrations',
      MIGRATIONS.map(({ name }) => name),
    );

    await migrate(databaseUrl);
    expect(await ready()).toEqual({
      status: 200,
      body: { status: 'ok', dependencies: { database: 'up', keys: 'up', schema: 'up', redis: 'up' } },
    });
  });

  it('names the missing one', async () => {
    const databaseUrl = await postgresDatabase();
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query('DELETE FROM migrations WHERE name = $1', [LATEST]);
    await client.end();
    node = await herald({ DATABASE_URL: databaseUrl, RUN_MIGRATIONS: 'false' });
    expect(await ready()).toMatchObject({ status: 503, body: { missing_migrations: [LATEST] } });
  });

  it('names migrations of a newer version, unless the process was ready before they were applied', async () => {
    const databaseUrl = await postgresDatabase();
    const variables = { DATABASE_URL: databaseUrl, RUN_MIGRATIONS: 'false' };
    node = await herald(variables);
    expect(await ready()).toMatchObject({ status: 200 });
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query(`INSERT INTO migrations (timestamp, name) VALUES (9999999999999, 'Newer9999999999999')`);
    await client.end();
    expect(await ready()).toMatchObject({ status: 200 });
    await node.stop();
    node = await herald(variables);
    expect(await ready()).toMatchObject({
      status: 503,
      body: { dependencies: { schema: 'down' }, unknown_migrations: ['Newer9999999999999'] },
    });
  });

  it('reports the same for the embedded database', async () => {
    node = await herald({ RUN_MIGRATIONS: 'false' }, { embedded: true });
    expect(await ready()).toMatchObject({ status: 503, body: { dependencies: { schema: 'down' } } });
  });
});
