import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Body, ConflictException, Controller, Get, Logger, Param, Post, Res } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import type { Response as ExpressResponse } from 'express';
import { KeysUnavailableError } from '../auth/token-errors.js';
import { Environment } from '../config/environment.js';
import { configureHttp } from './configure-http.js';
import { InvalidInputError, UnavailableError } from '../realtime/support/errors.js';

const FAILURES: Record<string, () => unknown> = {
  conflict: () => new ConflictException('The last owner stays.'),
  input: () => new InvalidInputError([{ field: 'data', message: 'data is too large' }]),
  redis: () => new UnavailableError('redis'),
  keys: () => new KeysUnavailableError(),
  database: () => Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
  bug: () => new TypeError('password=hunter2'),
  text: () => 'password=hunter2',
};

let slowRequest: (reject: (error: Error) => void) => void = () => undefined;

@Controller()
class FailingController {
  @Get('fail/:how')
  fail(@Param('how') how: string): never {
    throw FAILURES[how]?.();
  }

  @Get('half')
  half(@Res() response: ExpressResponse): void {
    response.write('half');
    throw new Error('broke while streaming');
  }

  @Get('slow')
  slow(): Promise<never> {
    return new Promise((_, reject) => slowRequest(reject));
  }

  @Post('take')
  take(@Body() body: unknown): unknown {
    return body;
  }
}

async function start(): Promise<NestExpressApplication> {
  const testing = await Test.createTestingModule({ controllers: [FailingController] }).compile();
  const app = testing.createNestApplication<NestExpressApplication>();
  configureHttp(app, new Environment({}));
  await app.listen(0, '127.0.0.1');
  return app;
}

describe('ProblemFilter', () => {
  const logError = jest.fn();
  const logDebug = jest.fn();
  let app: NestExpressApplication;
  let url: string;

  beforeAll(async () => {
    app = await start();
    url = await app.getUrl();
    Logger.overrideLogger({ log: jest.fn(), warn: jest.fn(), debug: logDebug, error: logError });
  });
  beforeEach(() => {
    logError.mockClear();
  });
  afterAll(() => app.close());

  async function expectProblem(response: Response, status: number, fields: object = {}): Promise<void> {
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const body: unknown = await response.json();
    expect({ status: response.status, body }).toMatchObject({
      status,
      body: { type: 'about:blank', status, ...fields },
    });
    expect(JSON.stringify(body)).not.toMatch(/node_modules|\.[jt]s:\d|hunter2/);
  }

  function connectRaw(text: string): Socket {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(text);
    return socket;
  }

  function nextDebugLine(): Promise<unknown> {
    return new Promise((resolve) => logDebug.mockImplementationOnce(resolve));
  }

  it('are problem details, without the query', async () => {
    await expectProblem(await fetch(`${url}/api/v1/fail/conflict?token=secret`), 409, {
      title: 'Conflict',
      detail: 'The last owner stays.',
      instance: '/api/v1/fail/conflict',
    });
    expect(logError).not.toHaveBeenCalled();
  });

  it('name the fields of an input that a service refused', async () => {
    const errors = [{ field: 'data', message: 'data is too large' }];
    await expectProblem(await fetch(`${url}/api/v1/fail/input`), 400, { title: 'Bad Request', errors });
  });

  it.each([
    ['redis', 'redis is not available'],
    ['keys', 'The keys that verify tokens are not available'],
    ['database', 'The database is not available'],
  ])('say that %s is down, and when to come again', async (how, detail) => {
    const response = await fetch(`${url}/api/v1/fail/${how}`);
    expect(response.headers.get('retry-after')).toBe('5');
    await expectProblem(response, 503, { detail: expect.stringContaining(detail) });
  });

  it.each(['bug', 'text'])('that are unexpected (%s) are logged but not shown', async (how) => {
    await expectProblem(await fetch(`${url}/api/v1/fail/${how}?token=secret`), 500, {
      title: 'Internal Server Error',
    });
    expect(JSON.stringify(logError.mock.calls)).toContain('hunter2');
    expect(JSON.stringify(logError.mock.calls)).not.toContain('secret');
  });

  it('in the middle of an answer cut the connection', async () => {
    const response = await fetch(`${url}/api/v1/half`);
    await expect(response.text()).rejects.toThrow('terminated');
  });

  it('of a request whose client disconnected are not logged as server errors', async () => {
    const started = new Promise<(error: Error) => void>((resolve) => (slowRequest = resolve));
    const gone = new Promise((resolve) => {
      app.getHttpServer().once('connection', (peer: Socket) => peer.once('close', resolve));
    });
    const socket = connectRaw('GET /api/v1/slow HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const fail = await started;
    socket.resetAndDestroy();
    await gone;
    const said = nextDebugLine();
    fail(new Error('aborted'));
    await said;
    expect(logError).not.toHaveBeenCalled();
  });

  it('of a body that never arrives completely are not logged as server errors', async () => {
    const arrived = once(app.getHttpServer(), 'request');
    const head = 'POST /api/v1/take HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9';
    const socket = connectRaw(`${head}\r\n\r\n{`);
    await arrived;
    const said = nextDebugLine();
    socket.resetAndDestroy();
    await said;
    expect(logError).not.toHaveBeenCalled();
  });
});
