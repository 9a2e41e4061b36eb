import fc from 'fast-check';

const TYPES = ['ping', 'auth', 'pong', 'event', 'notification', 'subscribe', 'PING', '__proto__', ''];
const KEYS = ['type', 'timestamp', 'token', '__proto__', 'constructor', 'prototype', 'toString', 'x'];

/** A JSON value as text, also one that no value of JavaScript is written as. */
export const jsonText: fc.Arbitrary<string> = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.constantFrom('null', 'true', '1e400', '-1e400', '-0', '12345678901234567890', '1.10', '1e-400', '[]', '{}'),
  fc.constantFrom('"\\ud800"', '"a\\u0000b"', '"\\udc00\\ud800"', '"<script>"', '"__proto__"'),
  fc.integer({ min: 1, max: 3_000 }).map((depth) => `${'['.repeat(depth)}${']'.repeat(depth)}`),
  fc.integer({ min: 1, max: 2_000 }).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
);

/** An object as text: the fields come as they come, also twice. */
export function objectText(fields: fc.Arbitrary<[key: string, json: string]>): fc.Arbitrary<string> {
  return fc
    .array(fields, { maxLength: 8 })
    .map((entries) => `{${entries.map(([key, json]) => `${JSON.stringify(key)}:${json}`).join()}}`);
}

/** What a client might say, from well-meant to nonsense; not longer than a message may be. */
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
  // As it arrives: half a character can't be sent.
  .map((text) => text.toWellFormed().slice(0, 4_000).toWellFormed());
