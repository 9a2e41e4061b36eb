import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that systems hand out themselves (from 32,768 on Linux): anybody's outgoing connection could take one of
 * those before the caller listens, or while a server is down that shall come back to its port.
 */
const FIRST_PORT = 20_000;
/** Each of Jest's workers has ports of its own. */
const PORTS_OF_WORKER = 1_000;
const WORKERS = 12;

const firstOfWorker = FIRST_PORT + (Number(process.env.JEST_WORKER_ID ?? 0) % WORKERS) * PORTS_OF_WORKER;
let next = randomInt(PORTS_OF_WORKER);

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < PORTS_OF_WORKER; tried += 1) {
    const port = firstOfWorker + next;
    next = (next + 1) % PORTS_OF_WORKER;
    if (await isFree(port)) return port;
  }
  throw new Error(`No free port from ${firstOfWorker} to ${firstOfWorker + PORTS_OF_WORKER - 1}`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, '127.0.0.1'), 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
