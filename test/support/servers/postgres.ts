import { execFile, execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { ContainerServer } from './container-server.js';
import type { SystemUser } from './process-server.js';
import { ProcessServer } from './process-server.js';
import { findPostgres, findServers } from './programs.js';
import type { Server } from './server.js';

export interface PostgresServer extends Server {
  /** The superuser's URL. */
  readonly url: string;
  /** Creates an empty database and returns its URL. */
  createDatabase(): Promise<string>;
}

const run = promisify(execFile);

/** Fast but unsafe settings: test data need not survive a crash of the machine. */
const SETTINGS = ['fsync=off', 'full_page_writes=off', 'max_connections=200'].flatMap((setting) => ['-c', setting]);

/** Starts a new Postgres. The caller must stop it. Most tests share one: see `postgresDatabase`. */
export async function startPostgres(): Promise<PostgresServer> {
  const server = (await findServers()) === 'machine' ? await onMachine() : await inContainer();
  const url = `postgres://postgres@${server.host}:${server.port}/postgres`;
  return Object.assign(server, { url, createDatabase: () => createDatabase(url) });
}

/** Creates a database on the server at `url`, empty or as a copy of a template, and returns its URL. */
export async function createDatabase(url: string, template = 'template0'): Promise<string> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`create database ${name} template ${template} strategy file_copy`);
  } finally {
    await client.end();
  }
  const database = new URL(url);
  database.pathname = `/${name}`;
  return database.href;
}

async function onMachine(): Promise<Server> {
  const programs = findPostgres() ?? '';
  const user = postgresUser();
  return ProcessServer.launch({
    program: join(programs, 'postgres'),
    args: (port, folder) => {
      const where = ['-D', join(folder, 'data'), '-k', folder, '-h', '127.0.0.1', '-p', String(port)];
      return [...where, ...SETTINGS, '-c', 'shared_buffers=64MB'];
    },
    readyLine: /database system is ready to accept connections/,
    // It owns System V shared memory, which a SIGKILL would leak.
    stopSignal: 'SIGQUIT',
    user,
    prepare: async (folder) => {
      const options = ['-D', join(folder, 'data'), '-U', 'postgres', '-E', 'UTF8', '--locale=C', '-A', 'trust', '-N'];
      await run(join(programs, 'initdb'), options, { cwd: folder, ...(user ?? {}) });
    },
  });
}

function inContainer(): Promise<Server> {
  return ContainerServer.launch({
    image: 'postgres:17-alpine',
    command: ['postgres', ...SETTINGS],
    environment: { POSTGRES_HOST_AUTH_METHOD: 'trust' },
    port: 5432,
  });
}

/** Postgres refuses to run as root; it then runs as the user that its package creates. */
export function postgresUser(): SystemUser | null {
  if (process.getuid?.() !== 0) return null;
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}
