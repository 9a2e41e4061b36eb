import fc from 'fast-check';

const TYPES = ['ping', 'auth', 'pong', 'event', 'notification', 'subscribe', 'PING', '__proto__', ''];
const KEYS = ['type', 'timestamp', 'token', '__proto__', 'constructor', 'prototype', 'toString', 'x'];

/** A JSON value as text, including values that `JSON.stringify` never writes. */
export const jsonText: fc.Arbitrary<string> = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.constantFrom('null', 'true', '1e400', '-1e400', '-0', '12345678901234567890', '1.10', '1e-400', '[]', '{}'),
  fc.constantFrom('"\\ud800"', '"a\\u0000b"', '"\\udc00\\ud800"', '"<script>"', '"__proto__"'),
  fc.integer({ min: 1, max: 3_000 }).map((depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`),
  fc.integer({ min: 1, max: 2_000 }).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
);

/** An object as text, with fields in any order, even repeated. */
export function objectText(fields: fc.Arbitrary<[key: string, json: string]>): fc.Arbitrary<string> {
  return fc
    .array(fields, { maxLength: 8 })
    .map((entries) => `{${entries.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join()}}`);
}

/** What a client might send, from valid messages to nonsense, within the size limit. */
export const clientText: fc.Arbitrary<string> = fc
  .oneof(
    objectText(
      fc.oneof(
        {
          arbitrary: fc.tuple(
            fc.constant('type'),
            fc.constantFrom(...TYPES).map((type) => JSON.stringify(type)),
          ),
          weight: 3,
        },
        fc.tuple(fc.constantFrom(...KEYS), jsonText),
        fc.tuple(fc.string({ unit: 'binary' }), jsonText),
      ),
    ),
    jsonText,
    fc.string({ unit: 'binary' }),
    fc.tuple(jsonText, fc.nat(), fc.string()).map(([text, at, more]) => text.slice(0, at % (text.length + 1)) + more),
  )
  // As it arrives: lone surrogates can't be sent.
  .map((text) => text.toWellFormed().slice(0, 4_000).toWellFormed());
