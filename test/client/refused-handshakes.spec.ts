import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { ClientOptions } from '@herald/client';
import { FakePlatform } from './fake-platform.js';

let platform: FakePlatform;

beforeEach(() => void (platform = new FakePlatform()));
afterEach(() => platform.leave());

describe('a refused handshake', () => {
  const HINT = 'Could not connect: 1006 unreachable, or refused the Origin, path or token size';

  it('is reported the second time, with possible reasons if the platform gives none', async () => {
    await platform.open();
    platform.socket.end(1006);
    await platform.pass(500);
    expect(platform.faults).toEqual([]);
    for (let n = 1; n <= 3; n += 1) {
      platform.socket.end(1006);
      await platform.pass(30_000);
    }
    expect(platform.faults).toMatchObject([{ source: 'socket', message: HINT }]);
  });

  it('is reported with the platform’s reason', async () => {
    await platform.open();
    platform.socket.fail('Unexpected server response: 403');
    await platform.pass(500);
    platform.socket.fail('Unexpected server response: 431');
    expect(platform.faults).toMatchObject([{ message: 'Could not connect: 1006 Unexpected server response: 431' }]);
    expect(platform.state?.closed).toEqual({ code: 1006, reason: 'Unexpected server response: 431' });
  });

  it('is not reported for a link that was established and then breaks', async () => {
    for (let n = 0; n < 3; n += 1) {
      await (n === 0 ? platform.open() : platform.pass(30_000));
      platform.socket.welcome();
      platform.socket.end(1006);
    }
    expect(platform.faults).toEqual([]);
  });

  it('is reported when the server refuses one token after another', async () => {
    await platform.open();
    platform.socket.end(4001, 'token_invalid');
    await platform.pass(0);
    platform.socket.end(4001, 'token_invalid');
    expect(platform.faults).toMatchObject([{ source: 'socket', message: 'Could not connect: 4001 token_invalid' }]);
  });
});

describe('a token that may be too large for a header', () => {
  const large = 'x'.repeat(2_049);

  beforeEach(() => answerTickets(201, { ticket: 'once' }));

  function answerTickets(status: number, body: object): void {
    const answer = (): Promise<Response> => Promise.resolve(new Response(JSON.stringify(body), { status }));
    jest.spyOn(globalThis, 'fetch').mockImplementation(answer);
  }

  function ways(): string[] {
    return platform.sockets.map(({ url }) => (url.includes('ticket=once') ? 'ticket' : 'subprotocol'));
  }

  it('is exchanged for a ticket after a refused handshake, then alternates', async () => {
    await platform.open({ getToken: () => large });
    for (const delay of [500, 1_000, 2_000]) {
      platform.socket.end(1006);
      await platform.pass(delay);
    }
    expect(ways()).toEqual(['subprotocol', 'ticket', 'subprotocol', 'ticket']);
    expect(platform.socket.protocols).toEqual(['herald.v1']);
  });

  it('is sent as a subprotocol again if it can’t get a ticket', async () => {
    answerTickets(503, {});
    await platform.open({ getToken: () => large });
    platform.socket.end(1006);
    await platform.pass(500);
    expect(platform.faults).toMatchObject([{ source: 'ticket' }]);
    await platform.pass(1_000);
    expect(ways()).toEqual(['subprotocol', 'subprotocol']);
  });

  it.each<[string, Partial<ClientOptions>]>([
    ['that is small', { getToken: () => 'x'.repeat(2_048) }],
    ['with a chosen credential', { getToken: () => large, credential: 'subprotocol' }],
  ])('but one %s is not exchanged for a ticket', async (_, options) => {
    await platform.open(options);
    platform.socket.end(1006);
    await platform.pass(500);
    expect(ways()).toEqual(['subprotocol', 'subprotocol']);
  });
});
