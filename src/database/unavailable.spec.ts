import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { DataSource, QueryFailedError, QueryRunnerAlreadyReleasedError } from 'typeorm';
import { freePort } from '../../test/support/servers.js';
import { isDatabaseUnavailable } from './unavailable.js';

function withCode(code: string): Error {
  return Object.assign(new Error('as the server or the system words it'), { code });
}

describe('isDatabaseUnavailable', () => {
  it.each([
    '57P01',
    '57P02',
    '57P03',
    '08000',
    '08006',
    '25006',
    '53100',
    '53300',
    '57014',
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
  ])('is true for %s, bare and as TypeORM wraps it', (code) => {
    expect(isDatabaseUnavailable(withCode(code))).toBe(true);
    expect(isDatabaseUnavailable(new QueryFailedError('SELECT 1', [], withCode(code)))).toBe(true);
    expect(isDatabaseUnavailable(new Error('Could not save', { cause: withCode(code) }))).toBe(true);
  });

  it.each(['23505', '23503', '42P01', '22P02', '40001', '28P01', '3D000', 'ENOENT'])('is false for %s', (code) => {
    expect(isDatabaseUnavailable(withCode(code))).toBe(false);
    expect(isDatabaseUnavailable(new QueryFailedError('SELECT 1', [], withCode(code)))).toBe(false);
  });

  it('is true when every address of a name refuses', () => {
    expect(isDatabaseUnavailable(new AggregateError([withCode('ECONNREFUSED'), withCode('ECONNREFUSED')]))).toBe(true);
  });

  it('is true for a query whose connection TypeORM has already released', () => {
    expect(isDatabaseUnavailable(new QueryRunnerAlreadyReleasedError())).toBe(true);
  });

  it('is true for a data source that is not connected', async () => {
    const error = await failureOf(new DataSource({ type: 'postgres' }).createQueryRunner().query('SELECT 1'));
    expect(error.message).toContain('Driver not Connected');
    expect(isDatabaseUnavailable(error)).toBe(true);
  });

  it('is true for pg’s errors when nothing listens, and when no connection becomes free in time', async () => {
    const pool = new pg.Pool({ host: '127.0.0.1', port: await freePort(), connectionTimeoutMillis: 200 });
    expect(isDatabaseUnavailable(await failureOf(pool.query('SELECT 1')))).toBe(true);
    await pool.end();
    expect(isDatabaseUnavailable(await failureOf(pool.query('SELECT 1')))).toBe(true);
    expect(isDatabaseUnavailable(new Error('timeout exceeded when trying to connect'))).toBe(true);
  });

  it.each([null, undefined, 'ECONNREFUSED', { code: 'ECONNREFUSED' }])(
    'is false for %p, which is not an error',
    (value) => {
      expect(isDatabaseUnavailable(value)).toBe(false);
    },
  );

  it('stops at an error that is its own cause', () => {
    const error = new Error('a circle');
    error.cause = error;
    expect(isDatabaseUnavailable(error)).toBe(false);
  });
});

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error('it did not fail'),
    (error: unknown) => error as Error,
  );
}
