import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_PAYLOAD_BYTES, serialize, toJsonObject } from './payload.js';

class Entity {
  id = 1;
  passwordHash = 'secret';
}

describe('toJsonObject', () => {
  it('copies every JSON object as it is', () => {
    const json = fc.dictionary(
      fc.string(),
      fc.jsonValue({ maxDepth: 5 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
    );
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.stringify(toJsonObject(value, 'data'))).toBe(JSON.stringify(value));
      }),
    );
  });

  it('replaces unpaired surrogates, which many clients can’t parse', () => {
    expect(toJsonObject({ text: '🎉'.slice(0, 1), '\udc00': ['a\ud800b', '🎉'] }, 'data')).toEqual({
      text: '\ufffd',
      '\ufffd': ['a\ufffdb', '🎉'],
    });
  });

  it('writes dates as ISO 8601', () => {
    expect(toJsonObject({ at: new Date(0) }, 'data')).toEqual({ at: '1970-01-01T00:00:00.000Z' });
  });

  it.each<[string, unknown, string]>([
    ['undefined', undefined, 'leave the field out'],
    ['a function', () => 1, 'a function'],
    ['a symbol', Symbol('x'), 'a symbol'],
    ['NaN', Number.NaN, 'NaN'],
    ['Infinity', Number.POSITIVE_INFINITY, 'Infinity'],
    ['a bigint', 1n, '1'],
    ['an invalid date', new Date('x'), 'an invalid Date'],
    ['a Map', new Map(), 'an instance of Map'],
    ['a Set', new Set(), 'an instance of Set'],
    ['a Buffer', Buffer.from('x'), 'an instance of Buffer'],
    ['a WeakMap', new WeakMap(), 'an instance of WeakMap'],
    ['a Uint8Array', new Uint8Array(1), 'an instance of Uint8Array'],
    ['a RegExp', /x/, 'an instance of RegExp'],
    ['an error', new Error('x'), 'an instance of Error'],
    ['a promise', Promise.resolve(), 'an instance of Promise'],
    ['a boxed number', Object(1), 'an instance of Number'],
    ['a field without a name', { [Symbol('x')]: 1 }, 'Symbol(x)'],
    ['an object of no class', Object.create({ constructor: null }), 'an unnamed class'],
    ['a proxy of a Map', new Proxy(new Map(), {}), 'an instance of Map'],
    ['an entity', new Entity(), 'an instance of Entity'],
    // @abuse PUB-05
  ])('refuses %s deep inside, and names the place', (_, value, what) => {
    expect(() => toJsonObject({ list: [{ value }] }, 'data')).toThrow(/^data\.list\[0\]\.value: /);
    expect(() => toJsonObject({ value }, 'data')).toThrow(what);
  });

  // @abuse PUB-05
  it('refuses a hole in an array', () => {
    expect(() => toJsonObject({ list: [1, ...Array<number>(1)] }, 'data')).toThrow(
      'data.list[1]: takes JSON, got undefined',
    );
    expect(() => toJsonObject({ list: Array<number>(1_000_000_000) }, 'data')).toThrow('data.list[0]: takes JSON');
  });

  it.each<[string, unknown]>([
    ['an array', []],
    ['null', null],
    ['a text', 'x'],
    ['an entity', new Entity()],
  ])('refuses %s in place of an object', (_, value) => {
    expect(() => toJsonObject(value, 'data')).toThrow('data: takes a plain object');
  });

  it('refuses an object that contains itself, once or many times', () => {
    const once: Record<string, unknown> = {};
    once.self = once;
    const often: unknown[] = [];
    often.push(often, often, often);
    expect(() => toJsonObject(once, 'data')).toThrow('32 levels');
    expect(() => toJsonObject({ often }, 'data')).toThrow(/levels|bytes/);
  });

  // @abuse PUB-07, PUB-22
  it('reads a getter once, and is not affected by later changes', () => {
    let reads = 0;
    const source = {
      nested: { value: 1 },
      get counted() {
        return (reads += 1);
      },
    };
    const copy = toJsonObject(source, 'data');
    source.nested.value = 2;
    expect([copy, reads]).toEqual([{ nested: { value: 1 }, counted: 1 }, 1]);
  });

  // @abuse PUB-07
  it('reads each field of a proxy once', () => {
    const reads: unknown[] = [];
    const source = new Proxy(
      { a: 1, b: { c: 2 } },
      {
        get: (target, field) => {
          reads.push(field);
          return Reflect.get(target, field) as unknown;
        },
      },
    );
    expect(toJsonObject(source, 'data')).toEqual({ a: 1, b: { c: 2 } });
    expect(reads).toEqual(['a', 'b']);
  });

  // @abuse PUB-10
  it('accepts up to 32 levels of objects or arrays', () => {
    const nested = (levels: number, wrap: (inner: unknown) => unknown): unknown =>
      Array.from({ length: levels }).reduce<unknown>((inner) => wrap(inner), 1);
    const wraps = [(inner: unknown) => ({ inner }), (inner: unknown) => [inner]];
    for (const wrap of wraps) {
      expect(() => toJsonObject({ data: nested(31, wrap) }, 'data')).not.toThrow();
      for (const levels of [32, 50, 100_000]) {
        expect(() => toJsonObject({ data: nested(levels, wrap) }, 'data')).toThrow('takes up to 32 levels');
      }
    }
  });

  it('keeps a key named __proto__ a key', () => {
    const copy = toJsonObject(JSON.parse('{"__proto__":{"admin":true}}'), 'data');
    expect(Object.keys(copy)).toEqual(['__proto__']);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});

describe('serialize', () => {
  // @abuse PUB-10
  it('refuses 10,000 keys, however short they are', () => {
    const keys = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [n.toString(36), 0]));
    expect(() => serialize({ data: toJsonObject(keys, 'data') }, 'data')).toThrow('takes up to 65536 bytes');
  });

  // @abuse PUB-09
  it('accepts up to 64 KiB of JSON, counted in bytes', () => {
    const overhead = '{"a":""}'.length;
    const around = '{"type":"é","data":}'.length;
    const frame = { type: 'é', data: { a: 'x'.repeat(MAX_PAYLOAD_BYTES - overhead) } };
    expect(serialize(frame, 'data')).toHaveLength(around + MAX_PAYLOAD_BYTES);
    expect(() => serialize({ type: 'é', data: { a: 'é'.repeat(MAX_PAYLOAD_BYTES / 2) } }, 'data')).toThrow(
      'takes up to 65536 bytes as JSON, got 65544: send an id or a URL',
    );
  });
});
