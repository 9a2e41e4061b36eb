import type { AddressInfo, Server } from 'node:net';
import type { INestApplication } from '@nestjs/common';
import { channelsOf } from '../connection/admission.js';
import { Connections } from '../connection/connections.js';
import { Publisher } from '../broadcast/publisher.js';
import { flushOutbox } from './flush-outbox.js';
import { connect, type ConnectOptions, type Frame, TestClient } from './test-client.js';

/** A client that has been welcomed. */
export interface ConnectedClient extends TestClient {
  /** The first frame: `connection.established`. */
  readonly welcome: Frame;
  /** Passes if nothing unread has come, and nothing that was published before this call will. */
  expectNothing(): Promise<void>;
}

/**
 * Connects a user to a gateway of an application, and waits for the welcome.
 * @param app listens, with a `RealtimeAdapter`
 * @param path such as `/ws/projects/42`
 * @param userId also the token, as `testUsers` takes it; `options.token` is another one
 * @throws {Error} if the client is not welcomed
 */
export async function connectAs(
  app: INestApplication,
  path: string,
  userId: string,
  options: ConnectOptions = {},
): Promise<ConnectedClient> {
  const server = app.getHttpServer() as Server;
  const { port } = server.address() as AddressInfo;
  const client = await connect(`ws://127.0.0.1:${port}${path}`, { token: userId, ...options });
  const welcome = await client.next();
  if (welcome.type !== 'connection.established') throw new Error(`Not welcomed, but sent ${JSON.stringify(welcome)}`);
  const expectNothing = (): Promise<void> =>
    client.expectNothingBefore((type) => mark(app, String(welcome.connection_id), type));
  return Object.assign(client, { welcome, expectNothing });
}

/** Publishes an event to each channel of a connection, after all that waits in the outbox. */
async function mark(app: INestApplication, connectionId: string, type: string): Promise<number> {
  await flushOutbox(app);
  const connection = app.get(Connections, { strict: false }).find(connectionId);
  if (connection === undefined) throw new Error('expectNothing takes a client that is connected to this application');
  const channels = channelsOf(connection.admission);
  const body = JSON.stringify({ type: 'event', event_type: type, data: {} });
  const publisher = app.get(Publisher, { strict: false });
  for (const channel of channels) await publisher.publishAll([{ channel, body }], {});
  return channels.length;
}
