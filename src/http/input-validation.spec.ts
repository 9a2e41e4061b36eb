import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Get, Post, Query } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { Test } from '@nestjs/testing';
import { Type } from 'class-transformer';
import { IsObject, IsOptional, IsString, Length, ValidateNested } from 'class-validator';
import { Environment } from '../config/environment.js';
import { AsGiven } from './as-given.js';
import { configureHttp } from './configure-http.js';
import { type Page, PageQuery } from './pagination.js';

class NoticeDto {
  @IsString()
  @Length(1, 200)
  title: string;
}

class NotifyDto {
  @IsString()
  user_id: string;

  @ValidateNested()
  @Type(() => NoticeDto)
  notification: NoticeDto;

  @IsOptional()
  @IsObject()
  @AsGiven()
  data?: Record<string, unknown>;
}

@Controller()
class ProbeController {
  @Post('notify')
  notify(@Body() body: NotifyDto): NotifyDto {
    return body;
  }

  @Get('list')
  list(@Query() query: PageQuery): Page<PageQuery> {
    return { items: [query], next_cursor: null };
  }
}

async function start(): Promise<NestExpressApplication> {
  const testing = await Test.createTestingModule({ controllers: [ProbeController] }).compile();
  const app = testing.createNestApplication<NestExpressApplication>();
  configureHttp(app, new Environment({}));
  await app.listen(0, '127.0.0.1');
  return app;
}

describe('Input', () => {
  let app: NestExpressApplication;
  let url: string;

  beforeAll(async () => {
    app = await start();
    url = await app.getUrl();
  });
  afterAll(() => app.close());

  function post(
    body: string,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ): Promise<Response> {
    return fetch(`${url}/api/v1/notify`, { method: 'POST', headers, body });
  }

  async function expectProblem(response: Response, status: number, fields: object = {}): Promise<void> {
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const body: unknown = await response.json();
    expect({ status: response.status, body }).toMatchObject({ status, body: { status, ...fields } });
  }

  describe('bodies', () => {
    const good = { user_id: 'alice', notification: { title: 'Hello' } };

    it('that are valid reach the handler', async () => {
      const response = await post(JSON.stringify({ ...good, data: { any: ['thing', { deep: 1 }] } }));
      expect(response.status).toBe(201);
      expect(await response.json()).toEqual({ ...good, data: { any: ['thing', { deep: 1 }] } });
      expect((await post(JSON.stringify(good), { 'content-type': 'application/merge-patch+json' })).status).toBe(201);
    });

    it.each([
      [{}, 'user_id', 'user_id must be a string'],
      [{ ...good, user_id: 7 }, 'user_id', 'user_id must be a string'],
      [{ ...good, admin: true }, 'admin', 'admin is not a field that is known here'],
      [{ ...good, notification: { title: '' } }, 'notification.title', 'title must be longer than'],
      [{ ...good, notification: { title: 'a', x: 1 } }, 'notification.x', 'x is not a field that is known here'],
      [{ ...good, notification: 7 }, 'notification', 'must be either object or array'],
      [{ ...good, notification: { title: 'a\0b' } }, 'notification.title', 'U+0000'],
      [{ ...good, data: { list: ['a', 'b\0'] } }, 'data.list.1', 'U+0000'],
      [{ ...good, data: { 'a\0b': 1 } }, 'data', 'U+0000'],
      [{ ...good, data: { list: ['a', '\udc00'] } }, 'data.list.1', 'surrogate'],
      [{ ...good, data: { '\ud800': 1 } }, 'data', 'surrogate'],
    ])('that are wrong name the field: %j', async (body, field, message) => {
      const errors = expect.arrayContaining([{ field, message: expect.stringContaining(message) }]);
      await expectProblem(await post(JSON.stringify(body)), 400, { errors });
    });

    it.each([
      '[]',
      '[{"user_id":"alice","notification":{"title":"a"}}]',
      'null',
      '"text"',
      '7',
      '',
      '{',
      '{"a":}',
      'garbage',
    ])('that are not JSON objects are 400 and name the field: %s', async (body) => {
      const errors = expect.arrayContaining([{ field: expect.any(String), message: expect.any(String) }]);
      await expectProblem(await post(body), 400, { errors });
    });

    it.each(['null', '"hunter2"', '{"password":"hunter2"', 'hunter2', '\0'])(
      'that are not JSON are not repeated: %j',
      async (body) => {
        const answer = await (await post(body)).text();
        expect(JSON.parse(answer)).toMatchObject({
          status: 400,
          detail: 'The body is not a JSON object or list.',
          errors: [{ field: 'body', message: 'must be a JSON object or list' }],
        });
        expect(answer).not.toMatch(/hunter2|null|Unexpected/);
      },
    );

    it('that are not compressed as declared are 400', async () => {
      const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
      await expectProblem(await post('garbage', headers), 400, {
        errors: [expect.objectContaining({ field: 'body' })],
      });
    });

    it('that are nested absurdly deep are 400', async () => {
      const deep = `${'{"a":'.repeat(30_000)}1${'}'.repeat(30_000)}`;
      await expectProblem(await post(`{"user_id":"a","notification":{"title":"a"},"data":${deep}}`), 400);
      await expectProblem(await post(`${'['.repeat(100_000)}${']'.repeat(100_000)}`), 400);
    });

    it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '__defineGetter__'])(
      'do not have a field %s, although every object does',
      async (field) => {
        const message = `${field} is not a field that is known here`;
        await expectProblem(await post(`{"user_id":"a","notification":{"title":"a"},"${field}":{"x":1}}`), 400, {
          errors: [{ field, message }],
        });
        await expectProblem(await post(`{"user_id":"a","notification":{"title":"a","${field}":1}}`), 400, {
          errors: [{ field: `notification.${field}`, message }],
        });
      },
    );

    it('keep every field of free-form properties', async () => {
      const data =
        '{"__proto__":{"x":1},"constructor":{"prototype":2},"list":[{"toString":3,"then":4}],"hasOwnProperty":5}';
      const response = await post(`{"user_id":"a","notification":{"title":"a"},"data":${data}}`);
      expect(await response.text()).toContain(`"data":${data}`);
      expect(({} as { x?: unknown }).x).toBeUndefined();
      await expectProblem(await post('{"user_id":"a","notification":{"title":"a"},"data":"text"}'), 400, {
        errors: [expect.objectContaining({ field: 'data' })],
      });
    });

    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`key_${n}`, n]));

    it.each<[string, object]>([
      ['unknown fields', { ...good, ...many(10_000) }],
      ['items where there should be a text', { ...good, user_id: Array.from({ length: 10_000 }, () => []) }],
      ['items at the top', Array.from({ length: 10_000 }, () => ({}))],
    ])('with too many %s are 400, which is told in one line', async (_, body) => {
      const errors = [{ field: 'body', message: 'must not hold more than 1000 values' }];
      await expectProblem(await post(JSON.stringify(body)), 400, { errors });
    });

    it('may hold any amount that fits in free-form properties', async () => {
      const body = { ...good, data: many(10_000) };
      expect(await (await post(JSON.stringify(body))).json()).toEqual(body);
    });

    it('over 256 KiB are 413', async () => {
      await expectProblem(await post(JSON.stringify({ ...good, user_id: 'x'.repeat(262_144) })), 413);
    });

    it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/xml'])(
      'of the type %s are 415',
      async (type) => {
        await expectProblem(await post('user_id=alice', { 'content-type': type }), 415);
      },
    );

    it('in an unknown charset or encoding are 415', async () => {
      await expectProblem(await post('{}', { 'content-type': 'application/json; charset=utf-99' }), 415);
      await expectProblem(await post('{}', { 'content-type': 'application/json', 'content-encoding': 'x' }), 415);
    });
  });

  describe('queries of lists', () => {
    it.each([
      ['', 20],
      ['?limit=1', 1],
      ['?limit=100', 100],
    ])('take the limit of "%s"', async (query, limit) => {
      expect(await (await fetch(`${url}/api/v1/list${query}`)).json()).toMatchObject({ items: [{ limit }] });
    });

    it.each([
      'limit=0',
      'limit=101',
      'limit=-1',
      'limit=',
      'limit=1.5',
      'limit=1e1',
      'limit=0x10',
      'limit=%205',
      'limit=ten',
      'limit=20&limit=30',
      'limit[]=20',
      'cursor=a&cursor=b',
      'cursor=%00',
      'other=1',
    ])('refuse %s', async (query) => {
      await expectProblem(await fetch(`${url}/api/v1/list?${query}`), 400, {
        errors: [expect.objectContaining({ field: expect.any(String) })],
      });
    });
  });
});
