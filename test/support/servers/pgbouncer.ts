import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { provideProgram } from './packages.js';
import { postgresUser } from './postgres.js';
import { ProcessServer } from './process-server.js';
import type { Server } from './server.js';

export interface PgbouncerServer extends Server {
  /** The URL of the database in `url`, through the pooler. */
  through(url: string): string;
}

/**
 * Starts pgbouncer in transaction mode in front of a Postgres: each transaction may run in another database session.
 * @param sessions the pool size for each database
 */
export async function startPgbouncer(postgresUrl: string, sessions: number): Promise<PgbouncerServer> {
  const { hostname, port: postgresPort, username } = new URL(postgresUrl);
  const server = await ProcessServer.launch({
    program: await provideProgram(['pgbouncer'], 'pgbouncer'),
    args: (port, folder) => {
      const file = join(folder, 'pgbouncer.ini');
      const settings = [
        '[databases]',
        `* = host=${hostname} port=${postgresPort} user=${username}`,
        '[pgbouncer]',
        'pool_mode = transaction',
        `default_pool_size = ${sessions}`,
        // As the README recommends for pgbouncer.
        'ignore_startup_parameters = statement_timeout, idle_in_transaction_session_timeout',
        `listen_addr = 127.0.0.1\nlisten_port = ${port}\nunix_socket_dir =\nauth_type = any`,
      ];
      writeFileSync(file, `${settings.join('\n')}\n`);
      return [file];
    },
    readyLine: /process up/,
    stopSignal: 'SIGKILL',
    // Like Postgres itself, it refuses to run as root.
    user: postgresUser(),
  });
  return Object.assign(server, {
    through: (url: string) => {
      const pooled = new URL(url);
      pooled.host = `${server.host}:${server.port}`;
      return pooled.href;
    },
  });
}
