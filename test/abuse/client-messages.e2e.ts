import { describe, expect, it } from '@jest/globals';
import { type Acceptance, error, ping, pong, useAbusedNode } from '../support/abused-node.js';
import { countConnections } from '../support/connection-count.js';
import type { RawSession } from '../support/raw-session.js';

const abused = useAbusedNode({ WS_MAX_PAYLOAD_BYTES: '65536' });

/** Each text gets one error with this code, and the connection stays open. */
function refuses(title: string, code: string, texts: string[]): Acceptance {
  return [title, (peer) => texts.forEach((text) => peer.sendText(text)), texts.map(() => error(code))];
}

/** JSON values that the pong repeats exactly as written. */
function echoes(title: string, timestamps: string[]): Acceptance {
  const send = (peer: RawSession): void =>
    timestamps.forEach((timestamp) => peer.sendText(`{"type":"ping","timestamp":${timestamp}}`));
  return [title, send, timestamps.map((timestamp) => pong(JSON.parse(timestamp)))];
}

function nested(depth: number): string {
  return `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
}

function keys(count: number): string {
  return Array.from({ length: count }, (_, n) => `"${n.toString(36)}":1`).join();
}

describe('A message', () => {
  it.each<Acceptance>([
    // @abuse MSG-01
    refuses('that is not JSON, many times', 'invalid_json', [
      ...['hello', '{', '{"a":}', "{'type':'ping'}", '}', '{"type":"ping"', '{"type":"ping"}}', '{"type":"ping"} {}'],
      ...['"', 'undefined', '\0', '{"type":"ping\n"}', '{"type":"ping","x":"\\x41"}', '{type:"ping"}', '01', ' '],
    ]),
    // @abuse MSG-02
    refuses('with a byte order mark', 'invalid_json', [`\ufeff${ping(1)}`, '\ufeff']),
    // @abuse MSG-03
    refuses('with NaN, comments, trailing commas or single quotes', 'invalid_json', [
      ...['NaN', 'Infinity', '-Infinity', '{"type":"ping","timestamp":NaN}', '{"type":"ping",}', '[1,]'],
      ...['/* a */ {"type":"ping"}', '{"type":"ping"} // b', "{'type':'ping'}", '{"type":"ping","timestamp":+1}'],
      ...['{"type":"ping","timestamp":.5}', '{"type":"ping","timestamp":1.}', '{"type":"ping","timestamp":0x10}'],
    ]),
    // @abuse MSG-05
    refuses('that is a number, string or boolean', 'invalid_message', ['5', '"ping"', 'true', 'false', '-0', '1e400']),
    // @abuse MSG-06
    refuses('that is null', 'invalid_message', ['null', ' null ']),
    // @abuse MSG-08
    refuses('without a type, or with one that is not a string', 'invalid_message', [
      ...['{"type":1}', '{"type":null}', '[]', '[{"type":"ping"}]', '{"type":["ping"]}', '{"type":true}', '{}'],
      ...[
        '{"type":{"toString":"ping"}}',
        '{"Type":"ping"}',
        '{"type":"ping","type":1}',
        '{"__proto__":{"type":"ping"}}',
      ],
    ]),
    // @abuse MSG-09
    refuses('of an unknown type', 'unknown_type', [
      '{"type":"nope"}',
      `{"type":"${'<b>'.repeat(10_000)}"}`,
      '{"type":""}',
    ]),
    // @abuse MSG-11
    refuses('with a type that only resembles a known one', 'unknown_type', [
      ...['PING', ' ping', 'ping ', 'ping\\u0000', 'p\\u0456ng', 'ping\\n', 'Auth', '\\ufeffping'].map(
        (type) => `{"type":"${type}"}`,
      ),
    ]),
    refuses(
      // @abuse MSG-33
      'that tries to publish, or imitates the server',
      'unknown_type',
      [
        ...['publish', 'event', 'notification', 'connection.established', 'pong', 'error', 'inbox', 'presence'],
        ...['auth.refreshed', 'resource.created', 'system.alert', 'member.joined', 'broadcast', 'close'],
      ].map((type) => `{"type":"${type}","org_id":"x","event_type":"resource.created","data":{},"code":4001}`),
    ),
    // @abuse MSG-41
    refuses('that acknowledges what was never sent', 'unknown_type', [
      '{"type":"ack","id":"01a20ea3-d9bb-71e5-b6bc-f4dce63e1b67"}',
    ]),
    // @abuse MSG-36
    refuses('that tries to resume from long ago', 'unknown_type', ['{"type":"resume","lastEventId":1,"cursor":"x"}']),
    // @abuse MSG-20
    refuses('with deep nesting in place of a string', 'invalid_message', [
      `{"type":"auth","token":${nested(6_000)}}`,
      `{"type":"ping","timestamp":${nested(6_000)}}`,
      `{"type":${nested(6_000)}}`,
      '['.repeat(30_000) + ']'.repeat(30_000),
    ]),
    // @abuse MSG-23
    refuses('with a number too large for a double', 'invalid_message', [
      '{"type":"ping","timestamp":1e400}',
      '{"type":"ping","timestamp":-1e400}',
    ]),
    // @abuse MSG-23
    echoes('with huge and odd numbers', ['1e308', '12345678901234567890', '0.30000000000000004', '-1', '5e-324']),
    // @abuse MSG-25
    echoes('with a timestamp that is not a date', ['"2026-02-30T00:00:00Z"', '"24:61"', '"2026-13-01"', '""', '"x"']),
    // @abuse MSG-26
    echoes('with a timestamp without a zone, of a week or of the year 99999', [
      '"2026-01-01T00:00:00"',
      '"2026-W01-1"',
      '"+99999-01-01T00:00:00Z"',
    ]),
    // @abuse MSG-27
    echoes('with a timestamp in the distant past or future', [
      '"1970-01-01T00:00:00Z"',
      '"2999-01-01T00:00:00Z"',
      '-62135596800',
      '253402300800000',
    ]),
    // @abuse MSG-29
    echoes('with a lone surrogate', ['"\\ud800"', '"a\\udc00b"']),
    // @abuse MSG-30
    echoes('with a NUL', ['"a\\u0000b"']),
    // @abuse MSG-31
    echoes('with HTML, SQL and templates', [
      '"<script>alert(1)</script>"',
      '"\' OR 1=1--"',
      '"${7*7}{{7*7}}"',
      '"\\r\\n\\r\\nHTTP/1.1 200 OK"',
    ]),
  ])('%s, gets the right answer', async (_, behave, answers) => {
    const peer = await abused.open();
    behave(peer);
    expect(await peer.answers()).toEqual(answers);
  });

  // @abuse MSG-23
  it('with more digits than a double can hold gets all of them back', async () => {
    const peer = await abused.open();
    for (const digits of ['12345678901234567890', '-0', '1.10']) {
      peer.sendText(`{"type":"ping","timestamp":${digits}}`);
      await peer.client.until(`"timestamp":${digits}}`);
    }
  });

  // @abuse MSG-09, MSG-11, MSG-33
  it('is never repeated in the error about it', async () => {
    const peer = await abused.open();
    for (const text of ['canary', '["canary"]', '{"type":"canary"}', '{"type":["canary"]}']) peer.sendText(text);
    expect(await peer.answers()).toHaveLength(4);
    expect(peer.client.bytes.includes('canary')).toBe(false);
  });

  it.each([
    // @abuse MSG-12
    ['the key __proto__', '"__proto__":{"isAdmin":true,"timestamp":5}'],
    // @abuse MSG-13
    ['the key constructor', '"constructor":{"prototype":{"isAdmin":true}},"prototype":{"isAdmin":true}'],
    // @abuse MSG-17
    ['1,000 extra keys', keys(1_000)],
    // @abuse MSG-17
    ['6,000 extra keys', keys(6_000)],
    // @abuse MSG-18
    ['nesting of 21 levels', `"data":${nested(21)}`],
    // @abuse MSG-19
    ['nesting of 6,000 levels', `"data":${nested(6_000)}`],
    // @abuse MSG-19
    ['nesting of 30,000 arrays', `"data":${'['.repeat(30_000)}${']'.repeat(30_000)}`],
  ])('%s is ignored', async (_, field) => {
    const peer = await abused.open();
    peer.sendText(`{"type":"ping",${field}}`);
    expect(await peer.answers()).toEqual([pong(null)]);
    expect(Object.prototype).not.toHaveProperty('isAdmin');
  });

  // @abuse MSG-34
  it('that tries to subscribe is refused, and nothing is subscribed', async () => {
    const peer = await abused.open();
    const before = await countConnections(abused.node.url);
    const other = '123e4567-e89b-42d3-a456-426614174000';
    for (const type of ['subscribe', 'join', 'psubscribe'])
      peer.sendText(JSON.stringify({ type, channel: `org:${other}`, org_id: other }));
    expect(await peer.answers()).toEqual([error('unknown_type'), error('unknown_type'), error('unknown_type')]);
    expect(await countConnections(abused.node.url)).toBe(before);
  });

  // @abuse MSG-43
  it('is answered until the token expires, and ignored after that', async () => {
    const token = await abused.node.tokenFor('mallory', { expiresIn: 1 });
    const peer = await abused.open({ token });
    peer.sendText(ping('in time'));
    await peer.client.until('"in time"');
    await peer.until(() => peer.closes.length > 0);
    peer.sendText(ping('late'));
    peer.sendText(JSON.stringify({ type: 'auth', token: await abused.node.tokenFor('mallory') }));
    expect(await peer.closed()).toEqual({ code: 4001, reason: 'token_expired' });
    expect(peer.messages).toEqual([pong('in time')]);
  });
});
