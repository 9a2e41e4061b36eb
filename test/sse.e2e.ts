import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { BroadcastService } from '../src/realtime/index.js';
import { until } from '../src/realtime/testing/until.js';
import { closeAllStreams, EventStream, type StreamOptions, streamStatus } from './support/event-stream.js';
import { type Herald, herald, twoHeralds } from './support/herald.js';
import { leavesNothing, sample } from './support/metrics.js';
import { closeAllClients } from './support/ws-client.js';

let one: Herald;
let two: Herald;
let orgId: string;
let token: string;
let path: string;

beforeAll(async () => {
  // Node's `fetch` opens a socket anew after each abort, for which a stopping server waits.
  [one, two] = await twoHeralds({ SHUTDOWN_GRACE_MS: '1000' });
  orgId = await one.organization('alice', ['bob', 'dora']);
  token = await one.tokenFor('alice');
  path = `/sse/events/${orgId}/`;
});
afterEach(async () => {
  closeAllStreams();
  await closeAllClients();
});
afterAll(() => one.stop());

/** Opens a stream, and reads its welcome. */
async function join(node: Herald, at = path, options: StreamOptions = { token }): Promise<EventStream> {
  const stream = await EventStream.open(`${node.url}${at}`, options);
  expect((await stream.next()).data).toMatchObject({ type: 'connection.established' });
  return stream;
}

describe('a stream of server-sent events', () => {
  it('carries the frames of a WebSocket, each with its cursor as id', async () => {
    const [stream, client] = [await join(one), await two.join(`/ws/events/${orgId}/`, 'alice')];
    expect(stream.response.headers.get('content-type')).toMatch(/^text\/event-stream/);
    const [welcome] = stream.events;
    expect(welcome).toMatchObject({ event: 'message', data: { user_id: 'alice', org_id: orgId } });
    expect(welcome?.id).toBe(welcome?.data.cursor);
    await two.publish(orgId, 'test.line', { text: 'two\nlines', n: 1 });
    const frame = await client.next();
    expect(await stream.next()).toEqual({ event: 'message', id: frame.cursor, data: frame });
  });

  it('carries the notifications of its user, and what is told to everybody', async () => {
    const stream = await join(one, '/sse/notifications/');
    const broadcast = two.app.get(BroadcastService, { strict: false });
    await broadcast.broadcastNotification('alice', { title: 'Hello' });
    const { id, data } = await stream.next();
    expect([id, data.notification]).toEqual([data.cursor, expect.objectContaining({ title: 'Hello' })]);
    await broadcast.broadcastToEveryone({ title: 'Look' });
    expect(await stream.next()).toMatchObject({ id, data: { notification: { title: 'Look' } } });
  });

  it('carries presence where it is asked for', async () => {
    const stream = await join(one, `${path}?presence=true`);
    await two.join(`/ws/events/${orgId}/`, 'dora');
    expect(await stream.next()).toMatchObject({ id: null, data: { type: 'presence', user_id: 'dora' } });
  });

  it.each<[string, (cursor: string) => [string, StreamOptions]]>([
    ['Last-Event-ID', (cursor) => [path, { token, lastEventId: cursor }]],
    ['?cursor=', (cursor) => [`${path}?cursor=${encodeURIComponent(cursor)}`, { token }]],
    [
      'Last-Event-ID, though the URL has an older cursor',
      (cursor) => [`${path}?cursor=c0`, { token, lastEventId: cursor }],
    ],
  ])('resumes by %s, on another node', async (_name, ask) => {
    const stream = await join(one);
    const cursor = String(stream.events[0]?.id);
    stream.close();
    await one.publish(orgId, 'test.missed', { n: 1 });
    await one.publish(orgId, 'test.missed', { n: 2 });
    const [at, options] = ask(cursor);
    const again = await join(two, at, options);
    // Without an id: until the missed events are there, the client is not at the welcome's cursor.
    expect(again.events[0]).toMatchObject({ id: null, data: { resumed: true } });
    expect([(await again.next()).data.data, (await again.next()).data.data]).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it('says so if it can’t resume', async () => {
    const stream = await join(one, path, { token, lastEventId: 'nonsense' });
    expect(stream.events[0]?.data).toMatchObject({ resumed: false });
  });

  it('is opened by a ticket or a token in its URL, too', async () => {
    const api = await one.api('alice');
    const { ticket } = (await api.post('/realtime/tickets')).body as { ticket: string };
    await join(two, `${path}?ticket=${ticket}`, {});
    await join(two, `${path}?token=${token}`, {});
  });

  it('is listed, counted, and closed by an administrator', async () => {
    const stream = await join(one);
    const id = String(stream.events[0]?.data.connection_id);
    const admin = await two.api('root', { roles: ['realtime-admin'] });
    await until(async () => JSON.stringify((await admin.get('/realtime/connections?user_id=alice')).body).includes(id));
    expect(await sample(one, 'herald_connections{endpoint="events"}')).toBe(1);
    await admin.delete(`/realtime/connections/${id}`);
    expect(await stream.next()).toEqual({ event: 'close', id: null, data: { code: 4001, reason: 'disconnected' } });
    await stream.ended();
    await leavesNothing(one);
  });

  it('is read by curl', async () => {
    const curl = spawn('curl', ['-sN', '-H', `Authorization: Bearer ${token}`, `${one.url}${path}`]);
    let output = '';
    curl.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    await until(() => output.endsWith('}\n\n'));
    expect(output).toMatch(/^retry: \d+\n\nid: \S+\ndata: \{"type":"connection\.established",.*\}\n\n$/);
    curl.kill();
    await once(curl, 'close');
  });
});

describe('the end of a stream', () => {
  it('is told with its code, and a member who was removed is not admitted again', async () => {
    const bob = await one.tokenFor('bob');
    const at = `${path}?token=${bob}`;
    const stream = await join(two, at, {});
    await (await one.api('alice')).delete(`/orgs/${orgId}/members/bob`);
    await stream.ended();
    expect(stream.events.at(-1)).toEqual({ event: 'close', id: null, data: { code: 4003, reason: 'not_a_member' } });
    expect(await streamStatus(`${two.url}${at}`)).toBe(404);
    expect(await streamStatus(`${two.url}${at}`, { lastEventId: String(stream.events[0]?.id) })).toBe(204);
  });

  it('comes with the token’s', async () => {
    const short = await one.tokenFor('alice', { expiresIn: 0 });
    const stream = await join(one, path, { token: short });
    expect(await stream.next()).toMatchObject({ event: 'close', data: { code: 4001, reason: 'token_expired' } });
  });

  it('comes before that of the process, with a time to come back', async () => {
    const three = await one.another();
    const stream = await join(three);
    const stopped = three.stop();
    expect(await stream.next()).toEqual({ event: 'close', id: null, data: { code: 1012, reason: 'restarting' } });
    expect(stream.retry).toBeLessThanOrEqual(5_000);
    await stopped;
  });
});

describe('a request for a stream', () => {
  it.each<[number, string, () => [string, StreamOptions]]>([
    [401, 'without a token', () => [path, {}]],
    [401, 'with a token that does not verify', () => [path, { token: 'nonsense' }]],
    [401, 'with two tokens', () => [`${path}?token=a&token=b`, {}]],
    [401, 'with a used ticket', () => [`${path}?ticket=used`, {}]],
    [
      404,
      'of an organization that is not there',
      () => ['/sse/events/123e4567-e89b-12d3-a456-426614174000/', { token }],
    ],
    [404, 'of an id that is none', () => ['/sse/events/acme/', { token }]],
    [404, 'of no gateway', () => ['/sse/unknown/', { token }]],
    [403, 'from a foreign page', () => [path, { token, headers: { origin: 'https://evil.example' } }]],
  ])('is answered %i %s', async (status, _case, ask) => {
    const [at, options] = ask();
    const answer = await fetch(`${one.url}${at}`, {
      headers: { ...(options.token && { authorization: `Bearer ${options.token}` }), ...options.headers },
    });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await answer.json()).toMatchObject({ status });
  });

  it('with another method is answered 405', async () => {
    expect((await fetch(`${one.url}${path}`, { method: 'POST' })).status).toBe(405);
  });

  it('may come from an allowed page', async () => {
    const origin = 'http://localhost:5173';
    const stream = await join(one, path, { token, headers: { origin } });
    expect(stream.response.headers.get('access-control-allow-origin')).toBe(origin);
  });

  it('never repeats its token', async () => {
    const answer = await fetch(`${one.url}${path}?token=canary-token`);
    expect(await answer.text()).not.toContain('canary-token');
  });
});

describe('the limits of streams', () => {
  let node: Herald;

  beforeAll(async () => {
    node = await herald({
      SHUTDOWN_GRACE_MS: '1000',
      WS_MAX_CONNECTIONS_PER_USER: '2',
      WS_HEARTBEAT_INTERVAL_MS: '500',
      WS_MAX_BUFFERED_BYTES: '65536',
      RUN_JOBS: 'false',
    });
  });
  afterAll(() => node.stop());

  it('count streams and WebSockets together', async () => {
    const alice = await node.tokenFor('alice');
    await node.join('/ws/notifications/', 'alice');
    const stream = await join(node, '/sse/notifications/', { token: alice });
    expect(await streamStatus(`${node.url}/sse/notifications/`, { token: alice })).toBe(429);
    stream.close();
    await until(async () => (await streamStatus(`${node.url}/sse/notifications/`, { token: alice })) === 200);
  });

  it('send a comment at each heartbeat, and keep a stream that is read', async () => {
    const stream = await join(node, '/sse/notifications/', { token: await node.tokenFor('bob') });
    await until(() => stream.comments >= 3);
    expect(stream.hasEnded).toBe(false);
  });

  it('cut off a stream that is not read', async () => {
    const abort = new AbortController();
    const user = await node.tokenFor('carol');
    const org = await node.organization('carol');
    const closes = 'herald_closes_total{code="4008",reason="too_slow"}';
    const before = await sample(node, closes);
    // Asked for, and its body never read.
    const answer = await fetch(`${node.url}/sse/events/${org}/`, {
      headers: { authorization: `Bearer ${user}` },
      signal: abort.signal,
    });
    expect(answer.status).toBe(200);
    const text = 'x'.repeat(60_000);
    await until(async () => {
      await node.publish(org, 'test.large', { text });
      return (await sample(node, closes)) > before;
    });
    await leavesNothing(node);
    abort.abort();
  });
});

it('A stream outlives a killed Redis, and misses nothing', async () => {
  const node = await herald({ SHUTDOWN_GRACE_MS: '1000', RUN_JOBS: 'false' });
  try {
    const org = await node.organization('alice');
    const stream = await join(node, `/sse/events/${org}/`, { token: await node.tokenFor('alice') });
    await node.publish(org, 'test.before', { n: 1 });
    const before = await stream.next();
    await node.redis.kill();
    await node.redis.start();
    await node.recovered();
    await node.publish(org, 'test.after', { n: 2 });
    const numbers = [before.data.data, (await stream.next()).data.data];
    expect(numbers).toEqual([{ n: 1 }, { n: 2 }]);
    closeAllStreams();
  } finally {
    await node.stop();
  }
});
