/**
 * Socket.IO on several nodes, as its users set it up. `ioredis` and `jose` are Herald's, from the folders above. Started by
 * `delivery/child.mjs` with a port, the URL of Redis and that of the keys.
 */
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { Server } from 'socket.io';
import { ROOM } from './socket-io-emitter.mjs';

const [port, redisUrl, jwksUrl] = process.argv.slice(3);

const keys = createRemoteJWKSet(new URL(jwksUrl));
const publisher = new Redis(redisUrl);
const server = createServer();
const io = new Server(server, { adapter: createAdapter(publisher, publisher.duplicate()) });

io.use((socket, next) => {
  jwtVerify(String(socket.handshake.auth.token), keys, { algorithms: ['RS256'] }).then(
    () => next(),
    () => next(new Error('unauthorized')),
  );
});
io.on('connection', (socket) => {
  socket.join(ROOM);
  socket.on('ping', () => socket.emit('pong'));
});
server.listen(Number(port), '127.0.0.1', () => process.send('ready'));
