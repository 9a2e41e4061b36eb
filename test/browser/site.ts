import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';

/** An application's page, on an origin other than the server's. */
export interface Site {
  origin: string;
  url: string;
  close(): Promise<void>;
}

const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** Builds and serves a page of `test/browser/pages/`. */
export async function openSite(name: string): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), 'herald-page-'));
  const builder = join(import.meta.dirname, 'build-page.mjs');
  await promisify(execFile)(process.execPath, [builder, name, folder]);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    response.setHeader('content-type', TYPES[extname(pathname)] ?? 'application/octet-stream');
    readFile(join(folder, pathname)).then(
      (file) => response.end(file),
      () => response.writeHead(404).end(),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true, force: true });
  };
  return { origin, url: `${origin}/page.html`, close };
}
