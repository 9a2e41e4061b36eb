import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { error } from '../support/abused-node.js';
import { AbusedProcess } from '../support/abused-process.js';
import { countConnections } from '../support/connection-count.js';
import { encodeFrame, OPCODE } from '../support/frames.js';
import { dropAllSessions, RawSession } from '../support/raw-session.js';
import { until } from '../../src/realtime/testing/until.js';

const MIB = 1_048_576;
/** Pino's number for the level `debug`. */
const DEBUG = 20;

let herald: AbusedProcess;
let token: string;

beforeAll(async () => {
  herald = await AbusedProcess.start({ LOG_LEVEL: 'debug' });
  token = await herald.tokenFor('mallory');
});
afterEach(async () => {
  dropAllSessions();
  await until(async () => (await countConnections(herald.url)) === 0);
  expect((await fetch(`${herald.url}/health/ready`)).status).toBe(200);
});
// Also checks that the process survived, and exits cleanly.
afterAll(() => herald.stop());

function open(count: number): Promise<RawSession[]> {
  return Promise.all(Array.from({ length: count }, () => RawSession.open({ url: herald.url, token })));
}

/** How much the process grows during the second run of an attack; the first one warms it up. */
async function growth(attack: () => Promise<void>): Promise<number> {
  await attack();
  const before = await herald.residentBytes();
  await attack();
  return (await herald.residentBytes()) - before;
}

function repeated(count: number, frame: (n: number) => Buffer): Buffer {
  return Buffer.concat(Array.from({ length: count }, (_, n) => frame(n)));
}

/** The fragments of a text that never ends. */
function fragments(count: number, payload: string): Buffer {
  const options = { fin: false, mask: Buffer.of(1, 2, 3, 4) };
  return repeated(count, (n) =>
    encodeFrame(n === 0 ? OPCODE.text : OPCODE.continuation, Buffer.from(payload), options),
  );
}

describe('A flood of frames', () => {
  // @abuse FRM-22
  it('of 16,000 one-byte fragments on each of 50 connections is closed with 1008, and leaks no memory', async () => {
    const flood = fragments(16_000, 'x');
    const grown = await growth(async () => {
      const peers = await open(50);
      for (const peer of peers) peer.send(flood);
      const closes = await Promise.all(peers.map((peer) => peer.closed()));
      expect(closes).toEqual(peers.map(() => ({ code: 1008, reason: 'too_many_fragments' })));
    });
    expect(grown).toBeLessThan(20 * MIB);
  });

  // @abuse FRM-23
  it('of 10,000 empty fragments is closed with 1008', async () => {
    const [peer] = await open(1);
    peer?.send(fragments(10_000, ''));
    expect(await peer?.closed()).toEqual({ code: 1008, reason: 'too_many_fragments' });
  });

  // @abuse FRM-26
  it('of pings whose pongs are never read is closed, and leaks no memory', async () => {
    const flood = repeated(1_000, () => encodeFrame(OPCODE.ping, Buffer.alloc(125)));
    const grown = await growth(async () => {
      const peers = await open(10);
      for (const peer of peers) {
        peer.client.pause();
        for (let count = 0; count < 20; count += 1) peer.send(flood);
      }
      await until(async () => (await countConnections(herald.url)) === 0, 5_000);
    });
    expect(grown).toBeLessThan(20 * MIB);
  });

  it.each([
    // @abuse FRM-26
    ['of pings', OPCODE.ping],
    // @abuse FRM-29
    ['of unsolicited pongs', OPCODE.pong],
    // @abuse FRM-39
    ['of binary messages', OPCODE.binary],
  ])('%s counts against the rate limit: one error, then a close with 4029', async (_, opcode) => {
    const [peer] = await open(1);
    peer?.send(repeated(200, () => encodeFrame(opcode, Buffer.from('x'))));
    expect(await peer?.closed()).toEqual({ code: 4029, reason: 'too_many_messages' });
    expect(peer?.messages.filter(({ code }) => code === 'rate_limited')).toEqual([error('rate_limited')]);
  });

  // @abuse FRM-48
  it('that break the protocol on 100 connections writes one debug line for each', async () => {
    const from = herald.output.length;
    const peers = await open(100);
    for (const peer of peers) peer.send(repeated(10, () => encodeFrame(3, Buffer.from('canary'))));
    for (const peer of peers) expect(await peer.closed()).toEqual({ code: 1002, reason: 'protocol_error' });
    await until(() => herald.output.slice(from).split('Protocol error or broken connection').length === 101);
    const lines = herald.output
      .slice(from)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { level: unknown });
    expect(new Set(lines.map(({ level }) => level))).toEqual(new Set([DEBUG]));
    expect(herald.output.slice(from)).not.toMatch(/canary|"stack"| {4}at /);
  });
});
