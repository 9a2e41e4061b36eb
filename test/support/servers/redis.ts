import type { Certificate } from './certificate.js';
import { ContainerServer } from './container-server.js';
import { ProcessServer } from './process-server.js';
import { findRedis, findServers } from './programs.js';
import type { Server } from './server.js';

export interface RedisServer extends Server {
  /** `redis://host:port` */
  readonly url: string;
}

export interface RedisOptions {
  /** Further command-line options, such as `['--appendonly', 'yes']`; by default no data is kept. */
  args?: string[];
  /** Accepts only TLS, with this certificate; always runs the machine's program, because containers don't have the files. */
  tls?: Certificate;
}

/** Starts a new Redis. The caller must stop it. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  // By default a replica's first copy begins 5 s late, in case more of them ask for it.
  const args = ['--save', '', '--appendonly', 'no', '--repl-diskless-sync-delay', '0', ...(options.args ?? [])];
  const isOnMachine = options.tls !== undefined || (await findServers()) === 'machine';
  const server = isOnMachine ? await onMachine(args, options.tls) : await inContainer(args);
  return Object.assign(server, { url: `redis://${server.host}:${server.port}` });
}

/** The address and port options of any Redis or sentinel, with TLS for its own connections too. */
export function portOptions(port: number, tls?: Certificate): string[] {
  if (tls === undefined) return ['--port', String(port)];
  const files = ['--tls-key-file', tls.key, '--tls-cert-file', tls.certificate, '--tls-ca-cert-file', tls.certificate];
  const others = ['--tls-auth-clients', 'no', '--tls-replication', 'yes', '--tls-cluster', 'yes'];
  return ['--port', '0', '--tls-port', String(port), ...files, ...others];
}

function onMachine(args: string[], tls?: Certificate): Promise<Server> {
  return ProcessServer.launch({
    program: findRedis() ?? 'redis-server',
    args: (port, folder) => [...portOptions(port, tls), '--bind', '127.0.0.1', '--dir', folder, ...args],
    readyLine: /Ready to accept connections/,
    stopSignal: 'SIGKILL',
  });
}

function inContainer(args: string[]): Promise<Server> {
  return ContainerServer.launch({ image: 'redis:7-alpine', command: ['redis-server', ...args], port: 6379 });
}
