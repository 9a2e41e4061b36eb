import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Ip, Param, Post } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { Environment } from '../config/environment.js';
import { configureHttp } from './configure-http.js';
import { ParseUuidPipe } from './parse-uuid.pipe.js';

@Controller()
class ProbeController {
  @Post('notify')
  notify(): void {
    // Only its path matters here.
  }

  @Get('list')
  list(): [] {
    return [];
  }

  @Get('things/:id')
  find(@Param('id', ParseUuidPipe) id: string): { id: string } {
    return { id };
  }

  @Get('ip')
  ip(@Ip() ip: string): { ip: string } {
    return { ip };
  }
}

@Controller('health')
class HealthProbeController {
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }
}

async function start(): Promise<NestExpressApplication> {
  const testing = await Test.createTestingModule({ controllers: [ProbeController, HealthProbeController] }).compile();
  const app = testing.createNestApplication<NestExpressApplication>();
  configureHttp(app, new Environment({ ALLOWED_ORIGINS: 'https://app.example.com,*.example.org', TRUST_PROXY: '1' }));
  SwaggerModule.setup('docs', app, () => SwaggerModule.createDocument(app, new DocumentBuilder().build()));
  await app.listen(0, '127.0.0.1');
  return app;
}

describe('configureHttp', () => {
  let app: NestExpressApplication;
  let url: string;

  beforeAll(async () => {
    app = await start();
    url = await app.getUrl();
  });
  afterAll(() => app.close());

  async function expectProblem(response: Response, status: number, fields: object = {}): Promise<void> {
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const body: unknown = await response.json();
    expect({ status: response.status, body }).toMatchObject({ status, body: { status, ...fields } });
  }

  /** Sends raw bytes, which `fetch` would normalize. */
  async function raw(head: string): Promise<string> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.end(`${head}\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
    await once(socket, 'close');
    return answer;
  }

  describe('paths', () => {
    it.each([
      ['GET', '/api/v1/nothing'],
      ['DELETE', '/api/v1/notify'],
      ['POST', '/api/v1/list'],
      ['GET', '/api/v1'],
      ['GET', '/api/v2/list'],
      ['GET', '/list'],
      ['GET', '/'],
      ['GET', '/dev/token'],
      ['POST', '/health/live'],
      ['GET', '/health'],
      ['GET', '/metrics'],
      ['PUT', '/any/where/else'],
      ['UNLOCK', '/list'],
    ])('that are not there are 404: %s %s', async (method, path) => {
      const response = await fetch(`${url}${path}?token=secret`, { method });
      await expectProblem(response, 404, {
        title: 'Not Found',
        detail: `There is no ${method} ${path}.`,
        instance: path,
      });
    });

    it('keep health outside the prefix, and only there', async () => {
      expect((await fetch(`${url}/health/live`)).status).toBe(200);
      expect((await fetch(`${url}/api/v1/health/live`)).status).toBe(404);
    });

    it.each(['%zz', '%E0%A4%A', '%ed%a0%80', '%'])('with the bad percent-encoding %s are 404', async (id) => {
      const answer = await raw(`GET /api/v1/things/${id} HTTP/1.1`);
      expect(answer).toMatch(/^HTTP\/1\.1 404 /);
      expect(answer).toContain('application/problem+json');
      expect(answer).toContain(`"detail":"There is no GET /api/v1/things/${id}."`);
    });

    it('with a malformed id are 404, and ids are the same in capitals', async () => {
      const id = '0198c0de-0000-7000-8000-00000000abcd';
      const response = await fetch(`${url}/api/v1/things/${id.toUpperCase()}`);
      expect(await response.json()).toEqual({ id });
      for (const bad of ['7', 'x'.repeat(500), `${id}0`, `{${id}}`, '%00', `${id}%0A`, '..%2f..']) {
        await expectProblem(await fetch(`${url}/api/v1/things/${bad}`), 404);
      }
    });
  });

  describe('headers', () => {
    it('keep pages to their own files and send no referrer', async () => {
      const { headers } = await fetch(`${url}/health/live`);
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('content-security-policy')).toContain("script-src 'self'");
      expect(headers.get('content-security-policy')).not.toContain('upgrade-insecure-requests');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-powered-by')).toBeNull();
    });

    it('let the page at /docs run, whose scripts are all its own files', async () => {
      const response = await fetch(`${url}/docs`);
      expect(response.status).toBe(200);
      const scripts = (await response.text()).match(/<script[^>]*>/g) ?? [];
      expect(scripts.length).toBeGreaterThan(0);
      for (const script of scripts) expect(script).toMatch(/src=['"]\.?\/(?!\/)/);
    });

    it.each(['https://app.example.com', 'https://a.b.example.org'])('allow pages of %s', async (origin) => {
      const { headers } = await fetch(`${url}/health/live`, { headers: { origin } });
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      const preflight = await fetch(`${url}/api/v1/notify`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'PATCH',
          'access-control-request-headers': 'authorization',
        },
      });
      expect(preflight.status).toBe(204);
      expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
      expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization');
    });

    it.each(['https://evil.example', 'http://app.example.com', 'null', 'https://example.org'])(
      'keep pages of %s out',
      async (origin) => {
        const { headers } = await fetch(`${url}/health/live`, { headers: { origin } });
        expect(headers.get('access-control-allow-origin')).toBeNull();
      },
    );

    it('trust as many proxies as configured for the client’s address', async () => {
      const headers = { 'x-forwarded-for': '203.0.113.7, 198.51.100.9' };
      const response = await fetch(`${url}/api/v1/ip`, { headers });
      expect(await response.json()).toEqual({ ip: '198.51.100.9' });
    });
  });
});
