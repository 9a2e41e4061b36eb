import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { type AddressInfo, connect as connectTo, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HeraldProcess } from './support/herald-process.js';
import { type Herald, herald } from './support/herald.js';

const TOOL = join(import.meta.dirname, '../dist/herald.js');
const PREFIX = '/company/herald';

let node: Herald;
let proxy: Server;
/** The proxy’s URL, with the path prefix under which it serves Herald. */
let below: string;
/** The open WebSocket connections through the proxy. */
const passing = new Set<Socket>();

beforeAll(async () => {
  node = await herald({}, { embedded: true });
  proxy = await startProxy(Number(new URL(node.url).port));
  below = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}${PREFIX}`;
});
afterAll(async () => {
  proxy.close();
  await node.stop();
});

/** Forwards requests under the prefix, without it; answers 404 to all others. */
async function startProxy(port: number): Promise<Server> {
  const targetOf = ({ url = '' }: IncomingMessage): string =>
    url.startsWith(`${PREFIX}/`) ? url.slice(PREFIX.length) : '';
  const server = createServer((incoming, outgoing) => {
    const { method, headers } = incoming;
    if (targetOf(incoming) === '') {
      outgoing.writeHead(404).end('<html>');
      return;
    }
    const passed = request({ host: '127.0.0.1', port, path: targetOf(incoming), method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(passed);
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Socket) => {
    const upstream = connectTo(port, '127.0.0.1');
    const lines = Object.entries(incoming.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
    upstream.write(`GET ${targetOf(incoming)} HTTP/1.1\r\n${lines.join('')}\r\n`);
    socket.pipe(upstream).pipe(socket);
    for (const end of [socket, upstream]) end.on('error', () => undefined);
    passing.add(socket);
    socket.once('close', () => passing.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Runs a shell command line, in which `herald` is the tool and `$URL` the server’s address. */
async function shell(line: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const script = `set -o pipefail; herald() { '${process.execPath}' '${TOOL}' "$@"; }; ${line}`;
  const child = spawn('bash', ['-c', script], {
    env: { PATH: process.env.PATH, URL: node.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

/** Sends notifications to the connected user until the promise settles. */
async function notifyUntil(end: Promise<unknown>): Promise<void> {
  const admin = await node.api('root', { roles: ['realtime-admin'] });
  let isOver = false as boolean;
  void end.finally(() => (isOver = true));
  while (!isOver) await admin.post('/notifications', { user_id: 'operator', notification: { title: 'Next' } });
}

describe("the operator's tool in a shell", () => {
  it('exits quietly with 0 when the reader closes the pipe', async () => {
    const ended = shell('herald tail /ws/notifications/ --url "$URL" | head -n 1');
    await notifyUntil(ended);
    const { code, stdout, stderr } = await ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\{"type":"connection\.established".*\}\n$/);
  });

  it('reports in one line that it could not write its output', async () => {
    const { code, stderr } = await shell('herald token alice --url "$URL" > /dev/full');
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'herald: ENOSPC: no space left on device, write\n' });
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('is terminated by %s, as its exit status shows', async (signal) => {
    const tail = await HeraldProcess.spawn('herald.js', {}, ['tail', '/ws/notifications/', '--url', node.url]);
    await tail.says('connection.established');
    expect(await tail.end(signal)).toEqual({ code: null, signal });
  });
});

describe("the operator's tool and a server under a path prefix", () => {
  const run = async (...words: string[]): Promise<{ code: number | null; output: string }> => {
    const tool = await HeraldProcess.spawn('herald.js', {}, words);
    return { ...(await tool.exit()), output: tool.output };
  };

  it.each(['', '/'])('reaches it by a URL ending in "%s", to send requests, tail and check', async (end) => {
    const url = `${below}${end}`;
    const tail = await HeraldProcess.spawn('herald.js', {}, ['tail', 'ws/notifications/', '--url', url]);
    await tail.says('connection.established');
    expect((await run('notify', 'operator', 'Seen', '--url', url)).code).toBe(0);
    await tail.says('"title":"Seen"');
    await tail.end('SIGTERM');
    const { output } = await run('doctor', '--url', url);
    expect(output).toContain(`${below} is ready.`);
    expect(output).toMatch(/^ok +WebSocket +A client connected/m);
  });

  it('refuses a user name and password in the URL, and prints neither', async () => {
    const { code, output } = await run('token', 'alice', '--url', 'https://operator:s3cret@example.com/herald');
    expect(code).toBe(2);
    expect(output).toMatch(/^herald: --url: takes no user name and password$/m);
    expect(output).not.toContain('s3cret');
  });

  it('fails if its connection is lost', async () => {
    const tail = await HeraldProcess.spawn('herald.js', {}, ['tail', '/ws/notifications/', '--url', below]);
    await tail.says('connection.established');
    for (const socket of passing) socket.destroy();
    expect(await tail.exit()).toEqual({ code: 1, signal: null });
    expect(tail.output).toContain('closed with 1006');
  });
});
