/** Another node of the Socket.IO server, without clients, that emits to those of the others. */
import { createAdapter } from '@socket.io/redis-adapter';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';

export const ROOM = 'org:bench';

export function openEmitter(redisUrl) {
  const publisher = new Redis(redisUrl);
  const subscriber = publisher.duplicate();
  const io = new Server({ adapter: createAdapter(publisher, subscriber) });
  return {
    emit: (event, data) => io.to(ROOM).emit(event, data),
    close: () => {
      publisher.disconnect();
      subscriber.disconnect();
    },
  };
}
