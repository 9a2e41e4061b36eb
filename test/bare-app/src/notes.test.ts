import 'reflect-metadata';
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import type { INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { RealtimeAdapter } from '@herald/realtime';
import { closeAllClients, connectAs, testUsers } from '@herald/realtime/testing';
import { AppModule } from './app.module.js';
import { NotesService } from './notes.service.js';

const databaseUrl = process.env.DATABASE_URL ?? '';
let app: INestApplication;

before(async () => {
  const options = { databaseUrl, redis: null, tokenVerifier: testUsers };
  const module = await Test.createTestingModule({ imports: [AppModule.forRoot(options)] }).compile();
  app = module.createNestApplication();
  app.useWebSocketAdapter(new RealtimeAdapter(app));
  await app.listen(0, '127.0.0.1');
});
after(async () => {
  await closeAllClients();
  await app.close();
});

void it('tells everyone at the board of a note, and nobody else', async () => {
  const ann = await connectAs(app, '/ws/boards/garden', 'ann');
  const ben = await connectAs(app, '/ws/boards/kitchen', 'ben');
  await app.get(NotesService).add('garden', 'Water the beans');
  const { event_type, data } = await ann.next();
  assert.deepEqual([event_type, (data as { text: string }).text], ['note.added', 'Water the beans']);
  await ben.expectNothing();
});
