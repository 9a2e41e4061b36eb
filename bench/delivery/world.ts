import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { HeraldProcess } from '../../test/support/herald-process.js';
import { type Herald, herald } from '../../test/support/herald.js';
import { freePort } from '../../test/support/servers.js';
import { startChild } from './child.js';
import type { PeerName } from './dialects.js';
import { CHANNEL, EVENT_TYPE, frameText, tick, tickWithCursor } from './event.js';
import type { Publish } from './stage.js';

/** Each has some of the connections. */
const USERS = 50;
/** Of a server's limits, those that a crowd of few users on one address reaches. */
const UNLIMITED = {
  HTTP_RATE_LIMIT_PER_MINUTE: '0',
  WS_MAX_CONNECTIONS_PER_USER: '0',
  WS_RATE_LIMIT_PER_SECOND: '1000000',
  WS_RATE_LIMIT_BURST: '1000000',
};

const COLLECT = new URL('collect.mjs', import.meta.url);
const WS_SERVER = new URL('ws-server.ts', import.meta.url);
const NEST_SERVER = new URL('nest-server.ts', import.meta.url);
const SOCKET_IO = new URL('../peers/', import.meta.url);
const SOCKET_IO_SERVER = new URL('socket-io-server.mjs', SOCKET_IO);
const SOCKET_IO_EMITTER = new URL('socket-io-emitter.mjs', SOCKET_IO);

export interface RunningServer {
  pid: number;
  port: number;
  stop: () => Promise<unknown>;
}

/** A server that delivers events. */
export interface Peer {
  name: PeerName;
  /** Where its clients connect. */
  path: string;
  /** Starts a new process. */
  start: () => Promise<RunningServer>;
  /** Publishes an event from another process, as another node does. */
  publish: Publish;
}

/** What all servers share: Redis, Postgres, an organization and its members' tokens. */
export interface World {
  peers: readonly Peer[];
  tokens: readonly string[];
  close: () => Promise<void>;
}

/** Of `peers/socket-io-emitter.mjs`, whose types are not installed. */
interface Emitter {
  emit: (event: string, data: object) => unknown;
  close: () => void;
}

export async function openWorld(): Promise<World> {
  installSocketIo();
  const { openEmitter } = (await import(SOCKET_IO_EMITTER.href)) as { openEmitter: (redisUrl: string) => Emitter };
  // A node without connections: it publishes, and issues the tokens.
  const node = await herald({ RUN_JOBS: 'false' });
  const redis = new Redis(node.redis.url);
  const emitter = openEmitter(node.redis.url);
  const close = async (): Promise<void> => {
    redis.disconnect();
    emitter.close();
    await node.stop();
  };
  try {
    const users = Array.from({ length: USERS }, (_, n) => `member-${n}`);
    const orgId = await node.organization('owner', users, 'Crowd');
    const tokens = await Promise.all(users.map((userId) => node.tokenFor(userId)));
    const publishText: Publish = (n) => redis.publish(CHANNEL, frameText(n));
    const peers: Peer[] = [
      {
        name: 'herald',
        path: `/ws/events/${orgId}/`,
        start: () => startHerald(node),
        publish: (n) => node.publish(orgId, EVENT_TYPE, tick(n)),
      },
      { name: 'ws', path: '/events', start: () => startPeer(WS_SERVER, node), publish: publishText },
      { name: 'nest', path: '/events', start: () => startPeer(NEST_SERVER, node), publish: publishText },
      {
        name: 'socketIo',
        path: '/socket.io/?EIO=4&transport=websocket',
        start: () => startPeer(SOCKET_IO_SERVER, node),
        publish: (n) => Promise.resolve(emitter.emit(EVENT_TYPE, tickWithCursor(n))),
      },
    ];
    return { peers, tokens, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startHerald({ variables }: Herald): Promise<RunningServer> {
  const server = await HeraldProcess.spawn('main.js', {
    ...variables,
    ...UNLIMITED,
    RUN_JOBS: 'true',
    LOG_LEVEL: 'warn',
    NODE_OPTIONS: `--import ${COLLECT.href}`,
  });
  await server.ready();
  return { pid: server.pid, port: Number(new URL(server.url).port), stop: () => server.end('SIGTERM') };
}

async function startPeer(module: URL, node: Herald): Promise<RunningServer> {
  const port = await freePort();
  const child = await startChild(module, [String(port), node.redis.url, `${node.url}/dev/jwks`]);
  return { pid: child.pid, port, stop: () => child.stop() };
}

/** Herald itself doesn't need Socket.IO, so it isn't among its dependencies. */
function installSocketIo(): void {
  // npm writes this file last.
  if (existsSync(new URL('node_modules/.package-lock.json', SOCKET_IO))) return;
  const words = ['ci', '--ignore-scripts', '--no-audit', '--no-fund'];
  const { status } = spawnSync('npm', words, { cwd: fileURLToPath(SOCKET_IO), stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm ci failed in ${fileURLToPath(SOCKET_IO)}`);
}
