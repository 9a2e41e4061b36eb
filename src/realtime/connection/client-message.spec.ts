import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readMessage } from './client-message.js';

/** The text of the answer. */
function answerTo(text: string, isBinary = false): string {
  const reading = readMessage(Buffer.from(text), isBinary);
  if (!('answer' in reading)) throw new Error('Not answered');
  return reading.answer;
}

function answer(text: string, isBinary = false): unknown {
  return JSON.parse(answerTo(text, isBinary));
}

describe('readMessage', () => {
  it.each([
    '"2025-01-15T10:30:00Z"',
    '1736937000',
    '0',
    '-1.5',
    '""',
    '"\\ud800"',
    '1736937000123456789',
    '1.50',
    '1e3',
  ])('echoes the timestamp %s unchanged', (timestamp) => {
    expect(answerTo(`{"type":"ping","timestamp":${timestamp}}`)).toBe(`{"type":"pong","timestamp":${timestamp}}`);
  });

  it.each(['{"type":"ping"}', '{"type":"ping","timestamp":null}', '{"type":"ping","__proto__":{"timestamp":1}}'])(
    'answers %s with null',
    (text) => {
      expect(answer(text)).toEqual({ type: 'pong', timestamp: null });
    },
  );

  it.each(['', 'hello', '{', '{"a":}', "{'type':'ping'}", '{"type":"ping",}', 'NaN', '\ufeff{"type":"ping"}'])(
    'answers %p with invalid_json',
    (text) => {
      expect(answer(text)).toEqual({ type: 'error', code: 'invalid_json', message: 'Invalid JSON' });
    },
  );

  it('answers a binary message with invalid_json, JSON or not', () => {
    expect(answer('{"type":"ping"}', true)).toMatchObject({ code: 'invalid_json', message: 'Invalid JSON' });
  });

  it.each([
    '5',
    '"ping"',
    'true',
    'null',
    '[]',
    '[{"type":"ping"}]',
    '{}',
    '{"type":1}',
    '{"type":null}',
    '{"type":["ping"]}',
    '{"type":{"toString":"ping"}}',
    '{"__proto__":{"type":"ping"}}',
    '{"type":"ping","timestamp":{}}',
    '{"type":"ping","timestamp":[1]}',
    '{"type":"ping","timestamp":true}',
    '{"type":"ping","timestamp":1e400}',
    '{"type":"auth"}',
    '{"type":"auth","token":null}',
    '{"type":"auth","token":{"jwt":"x"}}',
  ])('answers %s with invalid_message', (text) => {
    expect(answer(text)).toMatchObject({ type: 'error', code: 'invalid_message' });
  });

  it.each(['nope', 'PING', ' ping', 'ping\\u0000', 'subscribe', 'publish', 'event', '__proto__', 'constructor', ''])(
    'answers the type %p with unknown_type, and without its text',
    (type) => {
      const error = answer(`{"type":"${type}","channel":"org:other"}`);
      expect(error).toEqual({ type: 'error', code: 'unknown_type', message: 'Unknown message type' });
    },
  );

  it('finds the token in an auth message', () => {
    expect(readMessage(Buffer.from('{"type":"auth","token":"a.b.c"}'), false)).toEqual({ token: 'a.b.c' });
  });

  it('answers every text with exactly one message', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(answer(text)).toHaveProperty('type', expect.stringMatching(/^(pong|error)$/));
      }),
    );
  });
});
