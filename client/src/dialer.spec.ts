import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Dialer, TokenRefused } from './dialer.js';
import type { ClientOptions, Socket } from './options.js';

const { signal } = new AbortController();
/** Never opened: the dialer only checks that a constructor exists. */
const NoSocket = Object as unknown as new () => Socket;
const PATIENCE_MS = 20_000;
const ENDPOINT = { path: '/ws/events/1/', query: { presence: undefined } };

function dialer(options: Partial<ClientOptions> = {}, query: Record<string, string | undefined> = {}): Dialer {
  const given = { url: 'https://herald.test', getToken: () => 'a.b-_.c', WebSocket: NoSocket, ...options };
  return new Dialer({ ...ENDPOINT, query }, given, PATIENCE_MS);
}

describe('the address', () => {
  it.each([
    ['https://herald.test', 'wss://herald.test/ws/events/1/'],
    ['http://localhost:8000/', 'ws://localhost:8000/ws/events/1/'],
    ['wss://herald.test/below/?a=b#c', 'wss://herald.test/below/ws/events/1/'],
    ['ws://[::1]:8000', 'ws://[::1]:8000/ws/events/1/'],
  ])('of %s is %s', async (url, expected) => {
    expect((await dialer({ url }).prepare('connect', undefined, signal)).url).toBe(expected);
    expect((await dialer({ url: new URL(url) }).prepare('connect', undefined, signal)).url).toBe(expected);
  });

  it('carries the cursor and what the endpoint asks for', async () => {
    const { url } = await dialer({}, { presence: 'true', other: undefined }).prepare('connect', 'a&b', signal);
    expect(url).toBe('wss://herald.test/ws/events/1/?presence=true&cursor=a%26b');
  });

  describe('of a page', () => {
    const page = globalThis as { location?: { origin: string } | undefined };
    beforeEach(() => void (page.location = { origin: 'https://page.test' }));
    afterEach(() => void (page.location = undefined));

    it.each([
      [undefined, 'wss://page.test/ws/events/1/'],
      ['/below', 'wss://page.test/below/ws/events/1/'],
    ])('is where the page is from, with %p', async (url, expected) => {
      expect((await dialer({ url }).prepare('connect', undefined, signal)).url).toBe(expected);
    });
  });

  it('that is missing or of another kind is refused', () => {
    expect(() => dialer({ url: undefined })).toThrow('url takes an address');
    expect(() => dialer({ url: 'ftp://herald.test' })).toThrow('http or ws address, got ftp://herald.test');
  });

  it('is of no use without a WebSocket', () => {
    const platform = globalThis as { WebSocket?: unknown };
    const known = platform.WebSocket;
    delete platform.WebSocket;
    try {
      expect(() => dialer({ WebSocket: undefined })).toThrow('WebSocket takes a constructor');
    } finally {
      if (known !== undefined) platform.WebSocket = known;
    }
  });
});

describe('the token', () => {
  it.each([
    ['characters that base64url replaces', '~~~???>', 'fn5-Pz8_Pg'],
    ['characters that no token has, for the server to refuse', 'ünï', 'w7xuw68'],
  ])('goes as a subprotocol, in base64url, and not in the address: %s', async (_, token, expected) => {
    const { url, protocols } = await dialer({ getToken: () => token }).prepare('connect', undefined, signal);
    expect(protocols).toEqual(['herald.v1', `access_token.${expected}`]);
    expect(url).toBe('wss://herald.test/ws/events/1/');
  });

  it('goes in the address if the options say so', async () => {
    const { url, protocols } = await dialer({ credential: 'query' }).prepare('connect', undefined, signal);
    expect(url).toBe('wss://herald.test/ws/events/1/?token=a.b-_.c');
    expect(protocols).toEqual(['herald.v1']);
  });

  it('is asked for with the reason', async () => {
    const getToken = jest.fn<ClientOptions['getToken']>().mockReturnValue('token');
    await dialer({ getToken }).prepare('refused', undefined, signal);
    expect(getToken.mock.calls).toEqual([[{ reason: 'refused', signal: expect.any(AbortSignal) }]]);
  });

  it.each<[string, ClientOptions['getToken'], string]>([
    ['rejects', () => Promise.reject(new Error('signed out')), 'signed out'],
    [
      'throws',
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- applications may
        throw 'signed out';
      },
      'signed out',
    ],
  ])('is reported as missing when getToken %s', async (_, getToken, message) => {
    await expect(dialer({ getToken }).prepare('connect', undefined, signal)).rejects.toMatchObject({
      source: 'token',
      message,
    });
  });
});

describe('a ticket', () => {
  const fetched = jest.spyOn(globalThis, 'fetch');
  const buying = dialer({ credential: 'ticket', url: 'wss://herald.test/below' });

  function answer(status: number, body: unknown): void {
    fetched.mockReset().mockResolvedValueOnce(new Response(JSON.stringify(body), { status }));
  }

  it('is bought with the token, and goes in the address instead of it', async () => {
    answer(201, { ticket: 'once', expires_in: 30 });
    expect(await buying.prepare('connect', 'c1', signal)).toEqual({
      url: 'wss://herald.test/below/ws/events/1/?cursor=c1&ticket=once',
      protocols: ['herald.v1'],
    });
    expect(fetched.mock.calls).toEqual([
      [
        'https://herald.test/below/api/v1/realtime/tickets',
        { method: 'POST', headers: { authorization: 'Bearer a.b-_.c' }, signal: expect.any(AbortSignal) },
      ],
    ]);
  });

  it('refused because of the token is reported as such', async () => {
    answer(401, {});
    await expect(buying.prepare('connect', undefined, signal)).rejects.toBeInstanceOf(TokenRefused);
  });

  it('that the server refuses to sell for now is reported', async () => {
    answer(503, {});
    const refusal = { source: 'ticket', message: 'The ticket request got 503' };
    await expect(buying.prepare('connect', undefined, signal)).rejects.toMatchObject(refusal);
  });

  it('that no server answers for is reported', async () => {
    fetched.mockReset().mockRejectedValueOnce(new TypeError('fetch failed'));
    const failure = { source: 'ticket', message: 'fetch failed' };
    await expect(buying.prepare('connect', undefined, signal)).rejects.toMatchObject(failure);
  });
});
