import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakePlatform } from './fake-platform.js';

let platform: FakePlatform;

beforeEach(() => void (platform = new FakePlatform()));
afterEach(() => platform.leave());

describe('a device clock', () => {
  it.each([
    ['10 minutes fast', -600_000],
    ['10 minutes slow', 600_000],
  ])('that is %s does not affect when a token is replaced', async (_, ahead) => {
    const getToken = jest.fn(() => 'token');
    await platform.open({ getToken });
    const { socket } = platform;
    socket.welcome(300, Date.now() + ahead);
    await platform.passAlive(239_000);
    expect(getToken).toHaveBeenCalledTimes(1);
    await platform.passAlive(2_000);
    expect(getToken).toHaveBeenCalledTimes(2);
    socket.say({ type: 'auth.refreshed', expires_at: new Date(Date.now() + ahead + 300_000).toISOString() });
    await platform.passAlive(239_000);
    expect(getToken).toHaveBeenCalledTimes(2);
    await platform.passAlive(2_000);
    expect(getToken).toHaveBeenCalledTimes(3);
  });

  it('that is corrected while connected does not affect it either', async () => {
    const getToken = jest.fn(() => 'token');
    await platform.open({ getToken });
    const { socket } = platform;
    socket.welcome(300, Date.now() - 600_000);
    jest.setSystemTime(Date.now() - 600_000);
    socket.say({ type: 'auth.refreshed', expires_at: new Date(Date.now() + 300_000).toISOString() });
    await platform.passAlive(239_000);
    expect(getToken).toHaveBeenCalledTimes(1);
  });
});
