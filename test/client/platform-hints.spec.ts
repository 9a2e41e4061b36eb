import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakePlatform } from './fake-platform.js';

let platform: FakePlatform;

beforeEach(() => void (platform = new FakePlatform()));
afterEach(() => platform.leave());

describe('the browser’s network state', () => {
  it('is only a hint: the client tries even if offline, though later', async () => {
    platform.isOnline = false;
    await platform.open();
    expect([platform.state?.status, platform.sockets.length]).toEqual(['offline', 0]);
    await platform.pass(4_999);
    expect(platform.sockets).toHaveLength(0);
    await platform.pass(1);
    platform.socket.welcome();
    expect(platform.state?.status).toBe('connected');
  });

  it('never prevents attempts for good', async () => {
    platform.isOnline = false;
    await platform.open();
    await platform.pass(5_000);
    for (let n = 1; n <= 3; n += 1) {
      platform.socket.end(1006);
      expect(platform.state).toMatchObject({ status: 'offline', retryAt: Date.now() + 5_000 });
      await platform.pass(5_000);
      expect(platform.sockets).toHaveLength(n + 1);
    }
  });

  it('can wrongly say offline, and the link is soon back', async () => {
    await platform.open();
    platform.socket.welcome();
    platform.isOnline = false;
    platform.tell('offline');
    expect(platform.state?.status).toBe('offline');
    await platform.pass(5_000);
    platform.socket.welcome();
    expect(platform.state?.status).toBe('connected');
  });

  it('is followed at once when it changes to online', async () => {
    platform.isOnline = false;
    await platform.open();
    platform.isOnline = true;
    platform.tell('online');
    await platform.pass(0);
    expect(platform.sockets).toHaveLength(1);
  });

  it('does not end a good link by an event alone', async () => {
    await platform.open();
    platform.socket.welcome();
    platform.tell('offline');
    expect([platform.state?.status, platform.sockets.length]).toEqual(['connected', 1]);
  });
});
