import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type CanActivate, type ExecutionContext, Injectable, Module, UseGuards } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import {
  type Admission,
  type Handshake,
  type RealtimeGateway,
  userChannel,
  WsJwtGuard,
} from '../src/realtime/index.js';
import { until } from '../src/realtime/testing/until.js';
import { type Herald, herald } from './support/herald.js';
import { closeAllClients } from './support/ws-client.js';

/** The handshakes of all connections, as long as something else keeps them. */
const handshakes: WeakRef<Handshake>[] = [];

@Injectable()
class NotingGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    handshakes.push(new WeakRef(context.switchToWs().getClient<Handshake>()));
    return true;
  }
}

@UseGuards(WsJwtGuard, NotingGuard)
@WebSocketGateway({ path: '/ws/noted' })
class NotedGateway implements RealtimeGateway {
  admit({ principal }: Handshake): Admission {
    return { channel: userChannel.of(principal.userId) };
  }
}

@Module({ providers: [NotingGuard, NotedGateway] })
class NotedModule {}

let node: Herald;

beforeAll(async () => {
  node = await herald({ RUN_JOBS: 'false' }, { features: [NotedModule] });
});
afterAll(async () => {
  await closeAllClients();
  await node.stop();
});

it('A connection keeps neither its handshake nor the token in it', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const clients = [];
  for (let n = 0; n < 10; n += 1) clients.push(await node.join('/ws/noted/', 'alice'));
  expect(handshakes).toHaveLength(10);
  await until(() => {
    collect();
    return handshakes.every((each) => each.deref() === undefined);
  });
  expect(clients.every(({ isOpen }) => isOpen)).toBe(true);
});
