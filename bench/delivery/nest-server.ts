/** A gateway on Nest's own `WsAdapter`, as its users write it. */
import 'reflect-metadata';
import type { IncomingMessage } from 'node:http';
import { Module, type OnModuleInit } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import {
  type OnGatewayConnection,
  type OnGatewayDisconnect,
  SubscribeMessage,
  WebSocketGateway,
  type WsResponse,
} from '@nestjs/websockets';
import { Redis } from 'ioredis';
import type { WebSocket } from 'ws';
import { CHANNEL } from './event.js';
import { PORT, REDIS_URL, verify } from './peer-settings.js';

@WebSocketGateway({ path: '/events' })
class EventsGateway implements OnModuleInit, OnGatewayConnection<WebSocket>, OnGatewayDisconnect<WebSocket> {
  private readonly clients = new Set<WebSocket>();
  private readonly redis = new Redis(REDIS_URL);

  async onModuleInit(): Promise<void> {
    this.redis.on('message', (_channel: string, text: string) => {
      for (const client of this.clients) client.send(text);
    });
    await this.redis.subscribe(CHANNEL);
  }

  /** `WsAdapter` opens connections before anything can be checked. */
  async handleConnection(client: WebSocket, request: IncomingMessage): Promise<void> {
    try {
      await verify(request);
    } catch {
      client.close(4_001);
      return;
    }
    if (client.readyState === client.OPEN) this.clients.add(client);
  }

  handleDisconnect(client: WebSocket): void {
    this.clients.delete(client);
  }

  @SubscribeMessage('ping')
  ping(): WsResponse<null> {
    return { event: 'pong', data: null };
  }
}

@Module({ providers: [EventsGateway] })
class EventsModule {}

const app = await NestFactory.create(EventsModule, { logger: ['error', 'warn'] });
app.useWebSocketAdapter(new WsAdapter(app));
await app.listen(PORT, '127.0.0.1');
process.send?.('ready');
