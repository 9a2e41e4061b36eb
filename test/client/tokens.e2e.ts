import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { TokenReason } from '@herald/client';
import { BroadcastService } from '../../src/realtime/index.js';
import { type Herald, herald } from '../support/herald.js';
import { openConnections } from '../support/open-connections.js';
import { TcpProxy } from '../../src/realtime/testing/tcp-proxy.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllConnections, connected, watchedEvents, watchNotifications } from './watch.js';

let node: Herald;

beforeAll(async () => {
  node = await herald();
});
afterEach(closeAllConnections);
afterAll(() => node.stop());

/** Answers the first requests as the test says, and later ones with good tokens of Alice. */
class Tokens {
  readonly reasons: TokenReason[] = [];
  readonly signals: AbortSignal[] = [];

  constructor(private readonly first: (() => string | Promise<string>)[] = []) {}

  readonly get = ({ reason, signal }: { reason: TokenReason; signal: AbortSignal }): string | Promise<string> => {
    this.reasons.push(reason);
    this.signals.push(signal);
    return (this.first.shift() ?? good)();
  };
}

const good = (): Promise<string> => node.tokenFor('alice');
const short = (): Promise<string> => node.tokenFor('alice', { expiresIn: 4 });
const bad = (): string => 'not.a.token';
const silent = (): Promise<string> => new Promise(() => undefined);
const failing = (): Promise<string> => Promise.reject(new Error('signed out'));

async function notify(title: string): Promise<void> {
  await node.app.get(BroadcastService, { strict: false }).broadcastNotification('alice', { title });
}

describe('a token that expires soon', () => {
  it('is replaced in time, and the connection stays open', async () => {
    const tokens = new Tokens([short]);
    const { connection, states } = await watchNotifications({ url: node.url, getToken: tokens.get });
    const end = connection.state.expiresAt ?? '';
    await until(() => (connection.state.expiresAt ?? '') > end);
    expect(tokens.reasons).toEqual(['connect', 'expiring']);
    expect(connection.state).toMatchObject({ status: 'connected', reconnects: 0 });
    expect(states.filter(({ status }) => status === 'connecting')).toHaveLength(1);
  });

  it('that can’t be replaced ends the connection, which then resumes without missing anything', async () => {
    const tokens = new Tokens([() => node.tokenFor('alice', { expiresIn: 1 }), failing]);
    const watch = await watchNotifications({ url: node.url, getToken: tokens.get });
    await until(() => watch.faults.length === 1);
    expect(watch.faults).toMatchObject([{ source: 'token', message: 'signed out' }]);
    expect(watch.connection.state.status).toBe('connected');
    await connected(watch, 2);
    await notify('After');
    await until(() => watch.frames.length === 1);
    expect(watch.states.find(({ closed }) => closed)?.closed).toEqual({ code: 4001, reason: 'token_expired' });
    expect(watch.welcomes[1]).toMatchObject({ resumed: true });
    expect(tokens.reasons.slice(0, 3)).toEqual(['connect', 'expiring', 'refused']);
  });
});

describe('a refused token', () => {
  it('is replaced at once', async () => {
    const tokens = new Tokens([bad]);
    const { states, connection } = await watchNotifications({ url: node.url, getToken: tokens.get });
    expect(tokens.reasons).toEqual(['connect', 'refused']);
    expect(states.map(({ status }) => status)).not.toContain('waiting');
    expect(connection.state).toMatchObject({ reconnects: 0, closed: { code: 4001, reason: 'token_invalid' } });
  });

  it('is replaced again and again, with delays, if the new ones are refused too', async () => {
    const tokens = new Tokens([bad, bad, bad]);
    const { states } = await watchNotifications({ url: node.url, getToken: tokens.get });
    expect(tokens.reasons).toEqual(['connect', 'refused', 'refused', 'refused']);
    expect(states.filter(({ status }) => status === 'waiting')).toHaveLength(2);
  });

  it('is replaced if the ticket endpoint refuses it', async () => {
    const tokens = new Tokens([bad]);
    const credential = 'ticket';
    const { connection, faults } = await watchNotifications({ url: node.url, getToken: tokens.get, credential });
    expect(tokens.reasons).toEqual(['connect', 'refused']);
    expect(connection.state.closed).toEqual({ code: 4001, reason: 'token_invalid' });
    expect(faults).toEqual([]);
  });

  it('is replaced at once if refused while connected, and nothing is missed', async () => {
    const tokens = new Tokens();
    const watch = await watchNotifications({ url: node.url, getToken: tokens.get });
    await node.app.get(BroadcastService, { strict: false }).disconnectUser('alice');
    await notify('Meanwhile');
    await connected(watch, 2);
    await until(() => watch.frames.length === 1);
    expect(watch.frames.map(({ notification }) => notification.title)).toEqual(['Meanwhile']);
    expect(tokens.reasons).toEqual(['connect', 'refused']);
    expect(watch.states.map(({ status }) => status)).not.toContain('waiting');
    expect(watch.connection.state).toMatchObject({ reconnects: 1, closed: { code: 4001, reason: 'disconnected' } });
  });

  it('is requested again with the reason `refused` until there is a new one', async () => {
    const tokens = new Tokens([bad, failing, failing]);
    const { connection } = await watchNotifications({ url: node.url, getToken: tokens.get });
    expect(tokens.reasons).toEqual(['connect', 'refused', 'refused', 'refused']);
    expect(connection.state.status).toBe('connected');
  });
});

describe('an application without a token', () => {
  it('gets an error, and is asked again', async () => {
    const tokens = new Tokens([failing, failing]);
    const { faults, states } = await watchNotifications({ url: node.url, getToken: tokens.get });
    expect(faults).toMatchObject([
      { source: 'token', message: 'signed out', cause: expect.any(Error) },
      { source: 'token', message: 'signed out' },
    ]);
    expect(states.filter(({ status }) => status === 'waiting')).toHaveLength(2);
    expect(tokens.reasons).toEqual(['connect', 'connect', 'connect']);
  });

  it('is asked again if it never answers, and the first request is aborted', async () => {
    const tokens = new Tokens([silent]);
    const { url } = node;
    const { faults, connection } = await watchNotifications({ url, getToken: tokens.get, answerTimeout: 1_000 });
    expect(faults).toMatchObject([{ source: 'token', message: 'getToken took longer than 2000 ms' }]);
    expect(tokens.reasons).toEqual(['connect', 'connect']);
    expect(tokens.signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(connection.state.status).toBe('connected');
  });

  it('is asked again on `reconnect`, and the last request is aborted', async () => {
    const tokens = new Tokens([silent]);
    const { connection } = watchedEvents('123e4567-e89b-12d3-a456-426614174000', {
      url: node.url,
      getToken: tokens.get,
    });
    await until(() => tokens.reasons.length === 1);
    connection.reconnect();
    await until(() => connection.state.status === 'closed');
    expect(tokens.signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(connection.state.closed).toEqual({ code: 4003, reason: 'not_a_member' });
    await until(() => openConnections(node).length === 0);
  });
});

describe('an unanswered request for a ticket', () => {
  it('is given up and repeated', async () => {
    const { hostname, port } = new URL(node.url);
    const proxy = await TcpProxy.start({ host: hostname, port: Number(port) });
    try {
      const muted = proxy.muteOn('/realtime/tickets');
      const { faults, connection } = await watchNotifications({
        url: `http://${proxy.host}:${proxy.port}`,
        getToken: good,
        credential: 'ticket',
        answerTimeout: 1_000,
      });
      await muted;
      expect(faults).toMatchObject([{ source: 'ticket', message: 'The ticket request took longer than 2000 ms' }]);
      expect(connection.state.status).toBe('connected');
    } finally {
      closeAllConnections();
      await proxy.stop();
    }
  });
});
