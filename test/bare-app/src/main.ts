import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { RealtimeAdapter } from '@herald/realtime';
import { AppModule } from './app.module.js';
import { sessions } from './users.js';

const { DATABASE_URL: databaseUrl = '', REDIS_PORT: redisPort = '6379' } = process.env;
const redis = { host: '127.0.0.1', port: Number(redisPort) };
const app = await NestFactory.create(AppModule.forRoot({ databaseUrl, redis, tokenVerifier: sessions }));
app.useWebSocketAdapter(new RealtimeAdapter(app));
app.enableShutdownHooks();
const server = await app.listen(0, '127.0.0.1');
console.log(`serves on ${(server.address() as AddressInfo).port}`);
