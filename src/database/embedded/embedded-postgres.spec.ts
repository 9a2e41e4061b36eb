import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { EmbeddedPostgres } from './embedded-postgres.js';

/** Short for the tests that wait for them, and long for the others, even on a busy machine. */
const LIMITS = { waitMs: 1_000, idleMs: 3_000 };

describe('EmbeddedPostgres', () => {
  let root: string;
  let database: EmbeddedPostgres;
  let pool: pg.Pool;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    root = await mkdtemp(join(tmpdir(), 'herald-embedded-'));
    database = await EmbeddedPostgres.open(join(root, 'postgres'), LIMITS);
  });

  beforeEach(async () => {
    pool = database.createPool();
    pool.on('error', () => undefined);
    await pool.query('CREATE TABLE note (id int GENERATED ALWAYS AS IDENTITY, text text)');
  });

  afterEach(async () => {
    await pool.query('DROP TABLE note');
    await pool.end();
  });

  afterAll(async () => {
    await database.close();
    await rm(root, { recursive: true });
  });

  async function texts(client: pg.Pool | pg.PoolClient = pool): Promise<string[]> {
    const { rows } = await client.query<{ text: string }>('SELECT text FROM note ORDER BY id');
    return rows.map(({ text }) => text);
  }

  it('keeps concurrent transactions apart, in the order in which they began', async () => {
    const [first, second] = await Promise.all([pool.connect(), pool.connect()]);
    await first.query('BEGIN');
    const other = second.query('BEGIN').then(() => texts(second));
    await first.query(`INSERT INTO note (text) VALUES ('uncommitted')`);
    await first.query('ROLLBACK');

    expect(await other).toEqual([]);
    await second.query(`INSERT INTO note (text) VALUES ('committed')`);
    const outside = texts();
    await second.query('COMMIT');
    expect(await outside).toEqual(['committed']);
    first.release();
    second.release();
  });

  it('serves many transactions at once, each whole', async () => {
    async function write(text: string): Promise<void> {
      const client = await pool.connect();
      await client.query('BEGIN');
      await client.query('INSERT INTO note (text) SELECT $1 WHERE (SELECT count(*) FROM note) % 2 = 0', [text]);
      await client.query('INSERT INTO note (text) VALUES ($1)', [text]);
      await client.query('COMMIT');
      client.release();
    }
    await Promise.all(Array.from({ length: 50 }, (_, index) => write(`note ${index}`)));

    const written = await texts();
    expect(written).toHaveLength(100);
    expect(written.filter((text, index) => text !== written[index - (index % 2)])).toEqual([]);
  });

  it('stays usable in and after a failed transaction', async () => {
    const client = await pool.connect();
    await client.query('BEGIN');
    await expect(client.query('SELECT 1/$1::int', [0])).rejects.toMatchObject({ code: '22012' });
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: '25P02' });
    await client.query('ROLLBACK');
    client.release();

    expect(await texts()).toEqual([]);
  });

  it('rolls a transaction back whose connection ends', async () => {
    const client = await pool.connect();
    await client.query('BEGIN');
    await client.query(`INSERT INTO note (text) VALUES ('abandoned')`);
    client.release(true);

    expect(await texts()).toEqual([]);
  });

  it('carries values of any size and kind both ways', async () => {
    const text = '☃'.repeat(1_000_000);
    const bytes = Buffer.from([0, 1, 255]);
    const { rows } = await pool.query('SELECT $1::text AS text, $2::bytea AS bytes, $3::jsonb AS json', [
      text,
      bytes,
      { a: [1, null] },
    ]);

    expect(rows).toEqual([{ text, bytes, json: { a: [1, null] } }]);
  });

  it('answers a series of statements in one query', async () => {
    const results = await pool.query(`INSERT INTO note (text) VALUES ('one'); SELECT text FROM note`);

    // For several statements `pg` returns an array, which its types omit.
    expect((results as unknown as pg.QueryResult[])[1]?.rows).toEqual([{ text: 'one' }]);
  });

  it('hands a NOTIFY to every connection that listens, after the commit', async () => {
    const heard: string[] = [];
    const listeners = await Promise.all([pool.connect(), pool.connect()]);
    const hearing = listeners.map(async (client, index) => {
      await client.query('LISTEN news');
      return new Promise<void>((resolve) => {
        client.on('notification', ({ channel, payload }) => {
          heard.push(`${index} ${channel} ${payload}`);
          resolve();
        });
      });
    });
    await Promise.all(listeners.map((client) => client.query('SELECT 1')));

    const sender = await pool.connect();
    await sender.query('BEGIN');
    await sender.query(`NOTIFY news, 'hello'`);
    expect(heard).toEqual([]);
    await sender.query('COMMIT');
    await Promise.all(hearing);

    expect(heard.sort()).toEqual(['0 news hello', '1 news hello']);
    for (const client of [...listeners, sender]) client.release(true);
  });

  it('explains the error to a query that waits for its own caller’s transaction', async () => {
    const client = await pool.connect();
    await client.query('BEGIN');

    await expect(pool.query('SELECT 1')).rejects.toMatchObject({
      code: '57P03',
      message: expect.stringContaining(`waited ${LIMITS.waitMs} ms for another connection's transaction`),
    });
    await client.query('COMMIT');
    client.release();
    expect(await texts()).toEqual([]);
  });

  it('ends an abandoned transaction, and says so', async () => {
    const client = await pool.connect();
    await client.query('BEGIN');
    await client.query(`INSERT INTO note (text) VALUES ('leaked')`);
    const error = await new Promise((resolve) => client.once('error', resolve));

    expect(error).toMatchObject({
      code: '25P03',
      message: expect.stringContaining(`open for ${LIMITS.idleMs} ms without a query`),
    });
    client.release(true);
    expect(await texts()).toEqual([]);
  });

  it('answers a request for encryption as a server without it', async () => {
    const encrypted = new pg.Client({ stream: pool.options.stream, ssl: true });
    await expect(encrypted.connect()).rejects.toThrow('does not support SSL');
  });
});
