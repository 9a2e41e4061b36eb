import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { AbusedProcess } from '../support/abused-process.js';
import { ApiClient } from '../support/api-client.js';
import { sample } from '../support/metrics.js';
import { RawClient } from '../support/raw-client.js';
import { closeAllClients, connect } from '../support/ws-client.js';

const PATH = '/ws/notifications/';
const LINES_A_SECOND = 50;
const [TEXT, PING] = [1, 9];

let herald: AbusedProcess;
let token: string;

beforeAll(async () => {
  herald = await AbusedProcess.start({
    HTTP_RATE_LIMIT_PER_MINUTE: '100',
    WS_MAX_CONNECTIONS_PER_USER: '1',
    WS_RATE_LIMIT_BURST: '5',
    WS_MAX_BUFFERED_BYTES: '100000',
  });
  token = await herald.tokenFor('alice');
});
afterEach(closeAllClients);
afterAll(() => herald.stop());

interface Line {
  time: number;
  msg: string;
}

/** What the process has logged since a mark in its output. */
function linesSince(mark: number): Line[] {
  const text = herald.output.slice(mark, herald.output.lastIndexOf('\n') + 1).trim();
  return text === '' ? [] : text.split('\n').map((line) => JSON.parse(line) as Line);
}

async function joinRaw(): Promise<RawClient> {
  const raw = await RawClient.open(herald.port);
  raw.sendUpgrade({ target: PATH, headers: { Authorization: `Bearer ${token}` } });
  await raw.until('connection.established');
  return raw;
}

const closed = (code: number, reason: string): Promise<number> =>
  sample(herald, `herald_closes_total{code="${code}",reason="${reason}"}`);

describe('a connection’s limit', () => {
  it.each<[string, string, number, string, () => Promise<void>]>([
    [
      'too many connections',
      'Refused a connection of alice from 127.0.0.1: 4029 too_many_connections',
      4029,
      'too_many_connections',
      async () => {
        const first = await herald.join(PATH, token);
        await (await connect(`${herald.wsUrl}${PATH}`, { token })).closed();
        await first.close();
      },
    ],
    [
      'too many messages',
      'Closed alice from 127.0.0.1 with 4029 too_many_messages',
      4029,
      'too_many_messages',
      async () => {
        const raw = await joinRaw();
        for (let n = 0; n < 30; n += 1) raw.sendFrame(PING);
        await raw.ended();
      },
    ],
    [
      'a message that is too big',
      'Closed alice from 127.0.0.1 with 1009 message_too_big',
      1009,
      'message_too_big',
      async () => {
        const raw = await joinRaw();
        raw.sendFrame(TEXT, 'x'.repeat(16_385));
        await raw.ended();
      },
    ],
    [
      'too much unread data',
      'Closed alice from 127.0.0.1 with 4008 too_slow',
      4008,
      'too_slow',
      async () => {
        const raw = await joinRaw();
        raw.pause();
        const notification = { title: 'Big', filling: 'x'.repeat(60_000) };
        const before = await closed(4008, 'too_slow');
        for (let n = 0; n < 90 && (await closed(4008, 'too_slow')) === before; n += 1) {
          await new ApiClient(herald.url, token).post('/notifications', { user_id: 'alice', notification });
        }
        raw.destroy();
      },
    ],
  ])('%s is counted, and logged with user and address', async (_, line, code, reason, meet) => {
    const mark = herald.output.length;
    const before = await closed(code, reason);
    await meet();
    expect(await closed(code, reason)).toBe(before + 1);
    await herald.says(line);
    expect(linesSince(mark).filter(({ msg }) => msg === line)).toHaveLength(1);
    expect(herald.output).not.toContain(token.split('.')[1]);
  });

  it('the first of several dropped messages is logged', async () => {
    await herald.says('Dropping frames of alice from 127.0.0.1: rate_limited');
    expect(await sample(herald, 'herald_frames_dropped_total')).toBeGreaterThan(0);
  });
});

describe('a flood of refused requests', () => {
  async function flood(times: number, refuse: (n: number) => Promise<unknown>): Promise<void> {
    for (let start = 0; start < times; start += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, index) => refuse(start + index)));
    }
  }

  // @abuse LIM-20
  it('writes at most 50 lines a second to the log, and how many were suppressed', async () => {
    const mark = herald.output.length;
    await flood(1_000, async (n) => (await connect(`${herald.wsUrl}${PATH}`, { token: `secret-${n}` })).closed());
    await flood(1_000, (n) => fetch(`${herald.url}/api/v1/orgs`, { headers: { authorization: `Bearer secret-${n}` } }));
    await flood(1_000, (n) => fetch(`${herald.url}/nowhere/${n}`));
    await herald.says('Refused requests: suppressed');
    const lines = linesSince(mark);
    const perSecond = new Map<number, number>();
    for (const { time } of lines) {
      const second = Math.floor(time / 1_000);
      perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
    }
    expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(LINES_A_SECOND);
    const messages = lines.map(({ msg }) => msg);
    expect(messages).toContain('Refused a connection from 127.0.0.1: 4001 token_invalid');
    expect(messages).toContainEqual(
      expect.stringMatching(/^Refusals and limits: suppressed \d+ lines within a second/),
    );
    expect(messages.join('\n')).not.toContain('secret-');
  });
});
