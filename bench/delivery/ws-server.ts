/** The least that can deliver events: a loop over the clients of `ws`. */
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { WebSocketServer } from 'ws';
import { CHANNEL } from './event.js';
import { PORT, REDIS_URL, verify } from './peer-settings.js';

const sockets = new WebSocketServer({ noServer: true });
sockets.on('connection', (client) => {
  client.on('message', (data: Buffer) => {
    const { type } = JSON.parse(data.toString()) as { type?: unknown };
    if (type === 'ping') client.send(JSON.stringify({ type: 'pong' }));
  });
});

const server = createServer();
server.on('upgrade', (request, socket, head) => {
  // A client may reset its connection while its token is checked.
  socket.on('error', () => socket.destroy());
  verify(request).then(
    () => sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request)),
    () => socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n'),
  );
});

const redis = new Redis(REDIS_URL);
redis.on('message', (_channel: string, text: string) => {
  for (const client of sockets.clients) client.send(text);
});
await redis.subscribe(CHANNEL);
server.listen(PORT, '127.0.0.1', () => process.send?.('ready'));
