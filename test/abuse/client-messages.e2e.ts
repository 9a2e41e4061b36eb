import { describe, expect, it } from '@jest/globals';
import { type Acceptance, error, ping, pong, useAbusedNode } from '../support/abused-node.js';
import { countConnections } from '../support/connection-count.js';
import type { RawSession } from '../support/raw-session.js';

const abused = useAbusedNode({ WS_MAX_PAYLOAD_BYTES: '65536' });

/** Texts that are answered with this code, each once, and the connection stays. */
function refuses(title: string, code: string, texts: string[]): Acceptance {
  return [title, (peer) => texts.forEach((text) => peer.sendText(text)), texts.map(() => error(code))];
}

/** JSON values that a ping gives back exactly as they are written. */
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
    refuses('MSG-01: that is not JSON, however often', 'invalid_json', [
      ...['hello', '{', '{"a":}', "{'type':'ping'}", '}', '{"type":"ping"', '{"type":"ping"}}', '{"type":"ping"} {}'],
      ...['"', 'undefined', '\0', '{"type":"ping\n"}', '{"type":"ping","x":"\\x41"}', '{type:"ping"}', '01', ' '],
    ]),
    refuses('MSG-02: with a byte order mark', 'invalid_json', [`\ufeff${ping(1)}`, '\ufeff']),
    refuses('MSG-03: with NaN, comments, trailing commas or single quotes', 'invalid_json', [
      ...['NaN', 'Infinity', '-Infinity', '{"type":"ping","timestamp":NaN}', '{"type":"ping",}', '[1,]'],
      ...['/* a */ {"type":"ping"}', '{"type":"ping"} // b', "{'type':'ping'}", '{"type":"ping","timestamp":+1}'],
      ...['{"type":"ping","timestamp":.5}', '{"type":"ping","timestamp":1.}', '{"type":"ping","timestamp":0x10}'],
    ]),
    refuses('MSG-05: that is a number, a text, a boolean', 'invalid_message', [
      '5',
      '"ping"',
      'true',
      'false',
      '-0',
      '1e400',
    ]),
    refuses('MSG-06: that is null', 'invalid_message', ['null', ' null ']),
    refuses('MSG-08: with a type of the wrong kind, or none', 'invalid_message', [
      ...['{"type":1}', '{"type":null}', '[]', '[{"type":"ping"}]', '{"type":["ping"]}', '{"type":true}', '{}'],
      ...[
        '{"type":{"toString":"ping"}}',
        '{"Type":"ping"}',
        '{"type":"ping","type":1}',
        '{"__proto__":{"type":"ping"}}',
      ],
    ]),
    refuses('MSG-09: of an unknown type', 'unknown_type', [
      '{"type":"nope"}',
      `{"type":"${'<b>'.repeat(10_000)}"}`,
      '{"type":""}',
    ]),
    refuses('MSG-11: of a type in other letters', 'unknown_type', [
      ...['PING', ' ping', 'ping ', 'ping\\u0000', 'p\\u0456ng', 'ping\\n', 'Auth', '\\ufeffping'].map(
        (type) => `{"type":"${type}"}`,
      ),
    ]),
    refuses(
      'MSG-33: that wants to publish, or plays the server',
      'unknown_type',
      [
        ...['publish', 'event', 'notification', 'connection.established', 'pong', 'error', 'inbox', 'presence'],
        ...['auth.refreshed', 'resource.created', 'system.alert', 'member.joined', 'broadcast', 'close'],
      ].map((type) => `{"type":"${type}","org_id":"x","event_type":"resource.created","data":{},"code":4001}`),
    ),
    refuses('MSG-41: that acknowledges what was never sent', 'unknown_type', [
      '{"type":"ack","id":"01a20ea3-d9bb-71e5-b6bc-f4dce63e1b67"}',
    ]),
    refuses('MSG-36: that wants to resume from long ago', 'unknown_type', [
      '{"type":"resume","lastEventId":1,"cursor":"x"}',
    ]),
    refuses('MSG-20: that is nested deep where a text belongs', 'invalid_message', [
      `{"type":"auth","token":${nested(6_000)}}`,
      `{"type":"ping","timestamp":${nested(6_000)}}`,
      `{"type":${nested(6_000)}}`,
      '['.repeat(30_000) + ']'.repeat(30_000),
    ]),
    refuses('MSG-23: with a number beyond all doubles', 'invalid_message', [
      '{"type":"ping","timestamp":1e400}',
      '{"type":"ping","timestamp":-1e400}',
    ]),
    echoes('MSG-23: with huge and odd numbers', [
      '1e308',
      '12345678901234567890',
      '0.30000000000000004',
      '-1',
      '5e-324',
    ]),
    echoes('MSG-25: with a timestamp that is no date', [
      '"2026-02-30T00:00:00Z"',
      '"24:61"',
      '"2026-13-01"',
      '""',
      '"x"',
    ]),
    echoes('MSG-26: with a timestamp without a zone, of a week, of the year 99999', [
      '"2026-01-01T00:00:00"',
      '"2026-W01-1"',
      '"+99999-01-01T00:00:00Z"',
    ]),
    echoes('MSG-27: with a timestamp far away', [
      '"1970-01-01T00:00:00Z"',
      '"2999-01-01T00:00:00Z"',
      '-62135596800',
      '253402300800000',
    ]),
    echoes('MSG-29: with half of a character', ['"\\ud800"', '"a\\udc00b"']),
    echoes('MSG-30: with a NUL', ['"a\\u0000b"']),
    echoes('MSG-31: with HTML, SQL and templates', [
      '"<script>alert(1)</script>"',
      '"\' OR 1=1--"',
      '"${7*7}{{7*7}}"',
      '"\\r\\n\\r\\nHTTP/1.1 200 OK"',
    ]),
  ])('%s, is answered as it deserves', async (_, behave, answers) => {
    const peer = await abused.open();
    behave(peer);
    expect(await peer.answers()).toEqual(answers);
  });

  it('MSG-23: with digits that no double can hold gets all of them back', async () => {
    const peer = await abused.open();
    for (const digits of ['12345678901234567890', '-0', '1.10']) {
      peer.sendText(`{"type":"ping","timestamp":${digits}}`);
      await peer.client.until(`"timestamp":${digits}}`);
    }
  });

  it.each(['MSG-09', 'MSG-11', 'MSG-33'])('%s: never comes back in the error about it', async (id) => {
    const peer = await abused.open();
    for (const text of [`canary-${id}`, `["canary-${id}"]`, `{"type":"canary-${id}"}`, `{"type":["canary-${id}"]}`])
      peer.sendText(text);
    expect(await peer.answers()).toHaveLength(4);
    expect(peer.client.bytes.includes('canary')).toBe(false);
  });

  it.each([
    ['MSG-12: the key __proto__', '"__proto__":{"isAdmin":true,"timestamp":5}'],
    ['MSG-13: the key constructor', '"constructor":{"prototype":{"isAdmin":true}},"prototype":{"isAdmin":true}'],
    ['MSG-17: 1,000 further keys', keys(1_000)],
    ['MSG-17: 6,000 further keys', keys(6_000)],
    ['MSG-18: nesting of 21 levels', `"data":${nested(21)}`],
    ['MSG-19: nesting of 6,000 levels', `"data":${nested(6_000)}`],
    ['MSG-19: nesting of 30,000 arrays', `"data":${'['.repeat(30_000)}${']'.repeat(30_000)}`],
  ])('%s is ignored', async (_, field) => {
    const peer = await abused.open();
    peer.sendText(`{"type":"ping",${field}}`);
    expect(await peer.answers()).toEqual([pong(null)]);
    expect(Object.prototype).not.toHaveProperty('isAdmin');
  });

  it('MSG-34: that wants to subscribe is refused, and nothing is subscribed', async () => {
    const peer = await abused.open();
    const before = await countConnections(abused.node.url);
    const other = '123e4567-e89b-42d3-a456-426614174000';
    for (const type of ['subscribe', 'join', 'psubscribe'])
      peer.sendText(JSON.stringify({ type, channel: `org:${other}`, org_id: other }));
    expect(await peer.answers()).toEqual([error('unknown_type'), error('unknown_type'), error('unknown_type')]);
    expect(await countConnections(abused.node.url)).toBe(before);
  });

  it('MSG-43: after the end of the token is not looked at, and until then it is', async () => {
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
