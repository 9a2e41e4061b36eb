import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Timings } from '../../src/config/environment.js';
import { ApiClient } from './api-client.js';
import type { TokenOptions, Variables } from './herald.js';
import { listeningPorts } from './listening-ports.js';
import { freePort } from './servers.js';
import { SHORT_LIVED } from './short-lived.mjs';
import { until } from '../../src/realtime/testing/until.js';
import { connect, type TestClient } from './ws-client.js';

/** The output of `scripts/bundle.mjs`, which starts faster than the built modules. */
const BUNDLE = fileURLToPath(new URL('../../dist/bundle/', import.meta.url));

/** Programs of the tests' own. */
export const BLOCKABLE_WORKER = '../../test/support/blockable-worker.mjs';
const HURRIED_SERVER = '../../test/support/hurried-server.mjs';

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A built Herald in a process of its own, with only the variables that the test passes. */
export class HeraldProcess {
  /** The output of both its streams. */
  output = '';
  private readonly exited: Promise<Exit>;

  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {
    child.stdout?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.output += chunk.toString()));
    this.exited = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  }

  /**
   * @param program in the bundle, such as `main.js`; `../main.js` is the one that `npm start` runs
   * @param variables with a `PORT` to reuse that of an earlier process
   */
  static async spawn(
    program: string,
    variables: Record<string, string>,
    words: readonly string[] = [],
    /** A file descriptor for its standard output, instead of `output`. */
    stdout: 'pipe' | number = 'pipe',
  ): Promise<HeraldProcess> {
    const port = variables.PORT ?? String(await freePort());
    const env = { PATH: process.env.PATH, HOST: '127.0.0.1', ...variables, PORT: port };
    const options = ['--unhandled-rejections=strict', ...SHORT_LIVED];
    const child = spawn(process.execPath, [...options, `${BUNDLE}${program}`, ...words], {
      env,
      stdio: ['ignore', stdout, 'pipe'],
    });
    return new HeraldProcess(child, `http://127.0.0.1:${port}`);
  }

  /** Starts a server with intervals of the test's own. */
  static spawnHurried(timings: Partial<Timings>, variables: Variables): Promise<HeraldProcess> {
    return HeraldProcess.spawn(HURRIED_SERVER, { ...variables, HERALD_TIMINGS: JSON.stringify(timings) });
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error(`Not started:\n${this.output}`);
    return this.child.pid;
  }

  get wsUrl(): string {
    return this.url.replace('http', 'ws');
  }

  /** Resolves when `/health/ready` answers 200; fails with the output if the process exits first. */
  async ready(): Promise<this> {
    await until(async () => {
      if (this.child.exitCode !== null) throw new Error(`Ended before it was ready:\n${this.output}`);
      const response = await fetch(`${this.url}/health/ready`).catch(() => null);
      return response?.status === 200;
    }, 60_000);
    return this;
  }

  /** A token from the development issuer. */
  async tokenFor(userId: string, { roles }: Pick<TokenOptions, 'roles'> = {}): Promise<string> {
    const { body } = await new ApiClient(this.url, null, '').post('/dev/token', { user_id: userId, roles });
    return (body as { access_token: string }).access_token;
  }

  /** Connects a client and waits for the welcome. */
  async join(path: string, token: string): Promise<TestClient> {
    const client = await connect(`${this.wsUrl}${path}`, { token });
    await client.next();
    return client;
  }

  /** Resolves when the output contains the text; it may be the first that a process says. */
  async says(text: string): Promise<void> {
    await until(() => this.output.includes(text), 60_000);
  }

  /** Freezes the process: its connections stay open, but it does nothing. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  /** The TCP ports that it listens on, according to the system. */
  listeningPorts(): Promise<number[]> {
    if (this.child.pid === undefined) throw new Error('The process was not started');
    return listeningPorts(this.child.pid);
  }

  /** Sends a signal and waits for the exit. */
  async end(signal: NodeJS.Signals): Promise<Exit> {
    this.child.kill(signal);
    return this.exited;
  }

  /** Waits for the exit. */
  exit(): Promise<Exit> {
    return this.exited;
  }
}
