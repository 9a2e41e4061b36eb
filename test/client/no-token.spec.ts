import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakePlatform } from './fake-platform.js';

let platform: FakePlatform;

beforeEach(() => void (platform = new FakePlatform()));
afterEach(() => platform.leave());

describe('a getToken that returns no token', () => {
  it.each<[unknown, string]>([
    [undefined, 'undefined'],
    [null, 'null'],
    ['', ''],
    [0, '0'],
    [{ access_token: 'secret' }, 'object'],
  ])('but %p is reported, and the client does not connect', async (given, kind) => {
    await platform.open({ getToken: () => given as string });
    expect(platform.faults).toMatchObject([{ source: 'token', message: `getToken returned "${kind}", takes a token` }]);
    expect([platform.sockets, platform.state?.status]).toEqual([[], 'waiting']);
  });

  it('is called again after growing delays', async () => {
    const getToken = jest.fn(() => Promise.resolve(undefined as unknown as string));
    await platform.open({ getToken });
    await platform.pass(500 + 1_000 + 2_000);
    expect(getToken).toHaveBeenCalledTimes(4);
    getToken.mockResolvedValue('token');
    await platform.pass(4_000);
    expect(platform.sockets).toHaveLength(1);
  });

  it('before the current one expires is reported, and the link stays open', async () => {
    const getToken = jest.fn(() => 'token');
    await platform.open({ getToken });
    const { socket } = platform;
    socket.welcome(120);
    getToken.mockReturnValueOnce(undefined as unknown as string);
    await platform.passAlive(60_000);
    expect(platform.faults).toMatchObject([{ source: 'token' }]);
    expect(socket.sent.filter(({ type }) => type === 'auth')).toEqual([]);
    await platform.passAlive(30_000);
    expect(socket.sent.filter(({ type }) => type === 'auth')).toEqual([{ type: 'auth', token: 'token' }]);
  });
});
