import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { WebSocket } from 'ws';
import { connect, type Connection, type EventFrame, type EventFrames } from '../../client/src/index.js';
import { BroadcastService, InvalidBroadcastError, orgChannel } from '../../src/realtime/index.js';
import { type Herald, twoHeralds } from '../support/herald.js';
import { EventStream, streamStatus } from '../support/event-stream.js';
import { sample } from '../support/metrics.js';
import { closeAllClients, connectAs, until } from '../../src/realtime/testing.js';
import { CLOSES, projects } from './project-channel.js';
import { CREATE_TABLE } from './project.entity.js';
import { ProjectsModule } from './projects.module.js';
import { ProjectsService } from './projects.service.js';

/** The frames of a project, as its front end declares them. */
interface ProjectFrames extends EventFrames {
  'event:project.renamed': EventFrame & { data: { project_id: string; name: string } };
}

let one: Herald;
let two: Herald;
let service: ProjectsService;
let broadcast: BroadcastService;
let orgId: string;
let id: string;
const connections: Connection<ProjectFrames>[] = [];

beforeAll(async () => {
  [one, two] = await twoHeralds({}, { features: [ProjectsModule] });
  await one.app.get(DataSource).query(CREATE_TABLE);
  service = one.app.get(ProjectsService, { strict: false });
  broadcast = one.app.get(BroadcastService, { strict: false });
  orgId = await one.organization('alice');
});
afterEach(async () => {
  for (const connection of connections.splice(0)) connection.close();
  await closeAllClients();
});
afterAll(() => one.stop());

async function project(...memberIds: string[]): Promise<string> {
  id = (await service.create(orgId, memberIds)).id;
  return `/ws/projects/${id}/`;
}

describe('a channel that an application defines', () => {
  it('carries its events to the client of its own path, typed, and resumes', async () => {
    const path = await project('alice');
    const getToken = () => two.tokenFor('alice');
    const open = (cursor?: string): Connection<ProjectFrames> => {
      const connection = connect<ProjectFrames>(path, { url: two.url, getToken, WebSocket, cursor });
      connections.push(connection);
      return connection;
    };
    const names: string[] = [];
    const first = open();
    first.on('event:project.renamed', ({ data }) => names.push(data.name));
    await until(() => first.state.status === 'connected');
    await service.rename(id, 'Apollo');
    await until(() => names.length === 1);
    const { cursor } = first.state;
    first.close();
    await service.rename(id, 'Gemini');
    open(cursor).on('event', ({ data }) => names.push(String(data.name)));
    await until(() => names.length === 2);
    expect(names).toEqual(['Apollo', 'Gemini']);
  });

  it('is there as server-sent events, too', async () => {
    const path = (await project('alice')).replace('/ws/', '/sse/');
    const stream = await EventStream.open(`${two.url}${path}`, { token: await two.tokenFor('alice') });
    expect((await stream.next()).data).toMatchObject({ message: 'Connected to projects', project_id: id });
    await service.rename(id, 'Apollo');
    expect((await stream.next()).data).toMatchObject({ event_type: 'project.renamed', data: { name: 'Apollo' } });
    stream.close();
    expect(await streamStatus(`${two.url}${path}`, { token: await two.tokenFor('mallory') })).toBe(404);
  });

  it('says nothing of a transaction that rolls back', async () => {
    const client = await two.join(await project('alice'), 'alice');
    await expect(service.rename(id, '')).rejects.toThrow('takes a name');
    await service.rename(id, 'Mercury');
    expect(await client.next()).toMatchObject({
      type: 'event',
      event_type: 'project.renamed',
      data: { project_id: id, name: 'Mercury' },
      cursor: expect.any(String),
    });
  });

  it('tells nobody else', async () => {
    const path = await project('alice');
    const alice = await connectAs(two.app, path, 'alice', { token: await two.tokenFor('alice') });
    const carol = await connectAs(two.app, await project('carol'), 'carol', { token: await two.tokenFor('carol') });
    await service.rename(path.split('/')[3] ?? '', 'Apollo');
    expect(await alice.next()).toMatchObject({ data: { name: 'Apollo' } });
    await carol.expectNothing();
    await expect(service.rename(id, 'Gemini').then(() => carol.expectNothing())).rejects.toThrow('Gemini');
  });

  it('is closed to others, and its members leave with the close that the feature names', async () => {
    const path = await project('alice', 'bob');
    const stranger = await one.connect(path, 'mallory');
    expect(await stranger.closed()).toEqual(CLOSES.removed);
    const [alice, bob] = [await one.join(path, 'alice'), await two.join(path, 'bob')];
    await service.removeMember(id, 'bob');
    expect(await bob.closed()).toEqual(CLOSES.removed);
    await service.archive(id);
    expect(await alice.closed()).toEqual(CLOSES.archived);
    expect(await (await one.connect(path, 'alice')).closed()).toEqual(CLOSES.removed);
  });

  it('hears further channels by the client, too', async () => {
    const path = await project('alice');
    const connection = connect<ProjectFrames>(path, { url: two.url, getToken: () => two.tokenFor('alice'), WebSocket });
    connections.push(connection);
    const heard: unknown[] = [];
    connection.on('event', ({ event_type, data }) => heard.push([event_type, data.n ?? data.name]));
    await until(() => connection.state.status === 'connected');
    await one.publish(orgId, 'org.event', { n: 1 });
    await one.publish(orgId, 'org.event', { n: 2 });
    await until(() => heard.length === 2);
    await service.rename(id, 'Apollo');
    await until(() => heard.length === 3);
    expect(heard).toEqual([
      ['org.event', 1],
      ['org.event', 2],
      ['project.renamed', 'Apollo'],
    ]);
  });

  it('receives further channels and announcements, without losing its place', async () => {
    const client = await two.join(await project('alice'), 'alice');
    const [welcome] = client.received;
    expect(welcome).toMatchObject({ message: 'Connected to projects', project_id: id });
    await one.publish(orgId, 'org.event', { n: 1 });
    expect(await client.next()).toMatchObject({ event_type: 'org.event', data: { n: 1 } });
    expect(client.received.at(-1)).not.toHaveProperty('cursor');
    await broadcast.broadcastToEveryone({ title: 'Hello' });
    expect(await client.next()).toMatchObject({ type: 'notification', cursor: welcome?.cursor });
    await service.rename(id, 'Vostok');
    const { cursor } = await client.next();
    await client.close();
    const again = await one.connect(`/ws/projects/${id}/?cursor=${encodeURIComponent(String(cursor))}`, 'alice');
    expect(await again.next()).toMatchObject({ resumed: true });
  });

  it('has its gateway’s name in the list of connections and in metrics', async () => {
    const client = await two.join(await project('alice'), 'alice');
    const admin = await one.api('admin', { roles: ['realtime-admin'] });
    await until(async () => {
      const { items } = (await admin.get('/realtime/connections?user_id=alice')).body as { items: object[] };
      return items.some((item) => 'endpoint' in item && item.endpoint === 'projects');
    });
    expect(await sample(two, 'herald_connections{endpoint="projects"}')).toBe(1);
    await client.close();
  });
});

describe('the AsyncAPI document', () => {
  it('describes the gateway', async () => {
    const document = (await (await fetch(`${one.url}/docs/asyncapi.json`)).json()) as { channels: object };
    expect(document.channels).toMatchObject({
      projects: {
        address: '/ws/projects/{id}/',
        parameters: { id: {} },
        messages: {
          welcome: {},
          event: {},
          'event.project.project.renamed': {},
          'event.resource.created': {},
          ping: {},
        },
      },
    });
  });
});

describe('publishing to such a channel', () => {
  it.each([
    ['something else than a channel', () => broadcast.publish('project:1' as never, 'project.renamed', {}), 'channel'],
    ['an invalid type', () => broadcast.publish(projects.of(id), 'renamed' as never, {} as never), 'event_type'],
    ['data that JSON can’t hold', () => broadcast.publish(orgChannel.of(orgId), 'any.type', { at: 1n }), 'data.at'],
    [
      'data that the class of its type refuses',
      () => broadcast.publish(projects.of(id), 'project.renamed', { project_id: 'p1', name: 'Apollo' }),
      'data.project_id',
    ],
    [
      'a close code of the protocol',
      () => broadcast.revoke(projects.of(id), null, { code: 1000, reason: 'x' }),
      'close',
    ],
    ['a user id that is not valid', () => broadcast.revoke(projects.of(id), ''), 'user_id'],
  ])('refuses %s', async (_title, call, field) => {
    await project('alice');
    const refused = call();
    await expect(refused).rejects.toBeInstanceOf(InvalidBroadcastError);
    await expect(refused).rejects.toThrow(new RegExp(`^${field}`));
  });
});
