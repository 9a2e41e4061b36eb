import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCertificate } from './certificate.js';
import { freePort } from './free-port.js';
import { provideProgram } from './packages.js';
import { ProcessServer } from './process-server.js';
import type { Server } from './server.js';

const SAMPLE = new URL('../../../deploy/nginx.conf', import.meta.url);
/** The folders for bodies that don't fit into memory: only root may write to the default ones. */
const TEMPORARY = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];

export interface NginxServer extends Server {
  /** The port without TLS; `port` is the one with it. */
  readonly plainPort: number;
  /** Its access and error logs. */
  log(): string;
  /** Its key and certificate, as PEM. */
  certificate(): [string, string];
}

/** The sample redirects to TLS here; this serves without it, and passes no upgrade on: a network that blocks WebSockets. */
const WITHOUT_UPGRADES: [string, string] = [
  'return 308 https://$host$raw_path;',
  'proxy_pass http://herald; proxy_http_version 1.1; proxy_set_header Host $http_host; proxy_set_header Connection "";',
];

/**
 * Starts nginx with `deploy/nginx.conf` in front of one node, changing only ports and files.
 * @param blocksWebSockets also serves on `plainPort`, where it refuses upgrades
 */
export async function startNginx(
  upstreamPort: number,
  { blocksWebSockets = false }: { blocksWebSockets?: boolean } = {},
): Promise<NginxServer> {
  const [program, plainPort] = await Promise.all([provideProgram(['nginx'], 'nginx'), freePort()]);
  let home = '';
  const server = await ProcessServer.launch({
    program,
    args: (port, folder) => {
      // The port is not known earlier.
      writeFileSync(
        join(folder, 'nginx.conf'),
        configuration(folder, { port, plainPort, upstreamPort }, blocksWebSockets),
      );
      const global = 'daemon off; master_process off; error_log stderr notice;';
      return ['-p', folder, '-e', 'stderr', '-c', join(folder, 'nginx.conf'), '-g', global];
    },
    readyLine: /using the "\w+" event method/,
    stopSignal: 'SIGKILL',
    prepare: async (folder) => {
      home = folder;
      await makeCertificate(folder, 'herald');
    },
  });
  const read = (name: string): string => readFileSync(join(home, name), 'utf8');
  return Object.assign(server, {
    plainPort,
    log: () => read('access.log') + read('error.log'),
    certificate: (): [string, string] => [read('herald.key'), read('herald.crt')],
  });
}

function configuration(
  folder: string,
  { port, plainPort, upstreamPort }: { port: number; plainPort: number; upstreamPort: number },
  blocksWebSockets: boolean,
): string {
  const changes: [string, string][] = [
    ...(blocksWebSockets ? [WITHOUT_UPGRADES] : []),
    ['listen 443 ssl;', `listen 127.0.0.1:${port} ssl;`],
    ['listen 80;', `listen 127.0.0.1:${plainPort};`],
    ['server 127.0.0.1:8000;', `server 127.0.0.1:${upstreamPort};`],
    ['/var/log/nginx/', `${folder}/`],
    ['/run/nginx.pid', `${folder}/nginx.pid`],
    ['/etc/nginx/', `${folder}/`],
    ['http {\n', `http {\n${TEMPORARY.map((name) => `${name}_temp_path ${folder}/${name};\n`).join('')}`],
  ];
  return changes.reduce(
    (text, [sample, own]) => {
      if (!text.includes(sample)) throw new Error(`deploy/nginx.conf: got no "${sample}", which tests replace`);
      return text.replaceAll(sample, own);
    },
    readFileSync(SAMPLE, 'utf8'),
  );
}
