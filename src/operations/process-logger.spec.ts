import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { Environment } from '../config/environment.js';
import { ProcessLogger } from './process-logger.js';
import { requestLog } from './request-log.js';

const SECRET = 'eyJhbGciOi.secret';

/** A log with lines that a test can read. */
function openLog(): { logger: ProcessLogger; lines: string[] } {
  const lines: string[] = [];
  const environment = new Environment({ LOG_FORMAT: 'json' });
  return { logger: new ProcessLogger(environment, { write: (line) => lines.push(line) }), lines };
}

describe('the log of the process', () => {
  it('has the context and the stack that Nest passes', () => {
    const { logger, lines } = openLog();
    logger.log('Started', 'Server');
    logger.error('Broken', 'Error: deep\n    at somewhere', 'Server');
    logger.warn(new Error('Odd'), 'Server');
    logger.log({ some: 'object' }, 'Server');
    logger.debug('Not at this level', 'Server');

    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ level: 30, msg: 'Started', context: 'Server' }),
      expect.objectContaining({ level: 50, msg: 'Broken', err: { stack: 'Error: deep\n    at somewhere' } }),
      expect.objectContaining({ level: 40, msg: 'Odd', err: expect.objectContaining({ message: 'Odd' }) }),
      expect.objectContaining({ msg: '{"some":"object"}' }),
    ]);
  });

  it('has the text passed with an object, and the object’s fields by name', () => {
    const { logger, lines } = openLog();
    logger.warn({ err: new TypeError('Deep'), export_id: 'e-1' }, 'A run failed', 'Exports');
    expect(JSON.parse(lines.join())).toMatchObject({
      level: 40,
      msg: 'A run failed',
      context: 'Exports',
      export_id: 'e-1',
      err: { type: 'TypeError', message: 'Deep', stack: expect.stringContaining('process-logger.spec') },
    });
  });

  it('omits an error’s further fields except its code, as they may hold user input', () => {
    const { logger, lines } = openLog();
    const refused = Object.assign(new Error('relation "users" does not exist'), {
      code: '42P01',
      query: 'INSERT INTO users VALUES ($1)',
      parameters: [SECRET],
      driverError: { detail: SECRET },
    });
    logger.warn({ err: refused }, 'Could not keep it', 'Users');
    logger.error(refused, 'Users');
    logger.error('Broken', refused, 'Users');
    expect(lines).toHaveLength(3);
    expect(lines.join()).not.toContain(SECRET);
    for (const line of lines)
      expect(JSON.parse(line)).toMatchObject({ err: { message: refused.message, code: '42P01' } });
  });

  it('omits Nest’s messages about its own start', () => {
    const { logger, lines } = openLog();
    logger.log('Mapped {/api/v1/orgs, GET} route', 'RouterExplorer');
    expect(lines).toEqual([]);
  });

  it('is one readable line for a person', async () => {
    const output = new PassThrough({ encoding: 'utf8' });
    const logger = new ProcessLogger(new Environment({ LOG_FORMAT: 'pretty' }), output);
    const written = once(output, 'data');
    logger.log('Started', 'Server');
    expect((await written)[0]).toMatch(/^\[.*INFO.*\[Server\] Started.*\n$/);
  });
});

describe('the request log', () => {
  let server: Server;
  afterEach(() => void server.close());

  /** Serves one request, and returns its log lines. */
  async function serve(path: string, status = 200): Promise<Record<string, unknown>[]> {
    const { logger, lines } = openLog();
    const middleware = requestLog(logger.pino, { trustProxy: 0 });
    server = createServer((request, response) => {
      middleware(request, response);
      response.writeHead(status).end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const headers = { authorization: `Bearer ${SECRET}`, 'sec-websocket-protocol': `access_token.${SECRET}` };
    // When the second is answered, the first has been logged.
    for (const each of [path, '/marker']) await fetch(`http://127.0.0.1:${port}${each}`, { headers });
    expect(lines.join()).not.toContain(SECRET);
    return lines
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => !String(msg).startsWith('GET /marker'));
  }

  it('has method, path and status, but neither the query nor any header', async () => {
    const [line] = await serve(`/api/v1/orgs?token=${SECRET}&ticket=${SECRET}`);

    expect(line).toMatchObject({ msg: 'GET /api/v1/orgs 200', res: { status: 200 } });
    expect(line?.req).toEqual({
      id: expect.any(Number),
      method: 'GET',
      path: '/api/v1/orgs',
      remote_address: '127.0.0.1',
    });
  });

  it('warns of failures', async () => {
    const [line] = await serve('/api/v1/orgs', 503);

    expect(line).toMatchObject({ level: 40, msg: 'GET /api/v1/orgs 503' });
    expect(line).not.toHaveProperty('err');
  });

  it('omits health checks', async () => {
    expect(await serve('/health/ready')).toEqual([]);
  });
});
