import { ContainerServer } from './container-server.js';
import { ProcessServer } from './process-server.js';
import { findRedis, findServers } from './programs.js';
import type { Server } from './server.js';

export interface RedisServer extends Server {
  /** `redis://host:port` */
  readonly url: string;
}

export interface RedisOptions {
  /** Further options of the program, such as `['--appendonly', 'yes']`; the data is not kept by default. */
  args?: string[];
}

/** Starts a Redis of the caller's own. Whoever starts it stops it. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const args = ['--save', '', '--appendonly', 'no', ...(options.args ?? [])];
  const server = (await findServers()) === 'machine' ? await onMachine(args) : await inContainer(args);
  return Object.assign(server, { url: `redis://${server.host}:${server.port}` });
}

function onMachine(args: string[]): Promise<Server> {
  return ProcessServer.launch({
    program: findRedis() ?? 'redis-server',
    args: (port, folder) => ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, ...args],
    readyLine: /Ready to accept connections/,
    stopSignal: 'SIGKILL',
  });
}

function inContainer(args: string[]): Promise<Server> {
  return ContainerServer.launch({ image: 'redis:7-alpine', command: ['redis-server', ...args], port: 6379 });
}
