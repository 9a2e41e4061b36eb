import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { WebSocketServer } from 'ws';
import { freePort } from './servers.js';
import { RawClient } from './raw-client.js';
import { closeAllClients, connect, upgradeStatus } from './ws-client.js';

describe('the WebSocket clients for tests', () => {
  let server: WebSocketServer;
  let port: number;
  let url: string;

  beforeEach(async () => {
    port = await freePort();
    url = `ws://127.0.0.1:${port}/echo`;
    server = new WebSocketServer({ port, host: '127.0.0.1', path: '/echo' });
    server.on('connection', (socket, request) => {
      socket.on('error', () => undefined);
      socket.on('message', (data: Buffer) => {
        if (data.toString() === '"close"') socket.close(4001, 'token_expired');
        else socket.send(data.toString());
      });
      socket.send(JSON.stringify({ type: 'hello', authorization: request.headers.authorization ?? null }));
    });
    await once(server, 'listening');
  });

  afterEach(async () => {
    await closeAllClients();
    server.close();
    await once(server, 'close');
  });

  it('reads messages in order, then the close', async () => {
    const client = await connect(url, { token: 'abc' });
    client.send({ type: 'one' });
    client.send({ type: 'two' });

    expect(await client.next()).toEqual({ type: 'hello', authorization: 'Bearer abc' });
    expect(await client.next()).toEqual({ type: 'one' });
    expect(await client.next()).toEqual({ type: 'two' });
    await client.ping();
    client.send('close');
    expect(await client.closed()).toEqual({ code: 4001, reason: 'token_expired' });
  });

  it('lists the messages received when the expected one does not arrive', async () => {
    const client = await connect(url);
    await client.next();

    await expect(client.next(20)).rejects.toThrow(/Waited 20 ms for the next frame.*still open.*"hello"/s);
    client.send('close');
    await expect(client.next()).rejects.toThrow(/Closed while waiting.*4001 "token_expired"/s);
  });

  it('returns the HTTP status of a refused upgrade', async () => {
    expect(await upgradeStatus(`ws://127.0.0.1:${port}/elsewhere`)).toBe(400);
    expect(await upgradeStatus(url)).toBe(101);
    await expect(connect(`ws://127.0.0.1:${port}/elsewhere`)).rejects.toThrow('answered with 400');
  });

  it('sends raw upgrades and frames, and resets the connection', async () => {
    const opened = once(server, 'connection');
    const client = await RawClient.open(port);
    client.sendUpgrade({ target: '/echo' });
    expect(await client.answer()).toMatchObject({ status: 101, headers: { upgrade: 'websocket' } });

    client.sendFrame(0x1, '{"type":"by hand"}');
    await client.until('by hand');
    await opened;
    const [socket] = server.clients;
    const closed = once(socket ?? server, 'close');
    client.reset();

    expect((await closed)[0]).toBe(1006);
  });

  it('reads the answer to an invalid upgrade request', async () => {
    const client = await RawClient.open(port);
    client.sendUpgrade({ target: '/echo', headers: { 'Sec-WebSocket-Version': '99' } });
    expect((await client.answer()).status).toBe(400);
    await client.ended();
  });
});
