import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from './api-client.js';
import type { Variables } from './herald.js';
import { HeraldProcess } from './herald-process.js';
import { sample } from './metrics.js';
import { postgresDatabase } from './servers.js';
import { connect, type TestClient } from './ws-client.js';

/** A node in a process of its own, for tests of its output, limits and survival. It has a database, but no Redis. */
export class AbusedProcess {
  private constructor(
    private readonly herald: HeraldProcess,
    private readonly dataDir: string,
  ) {}

  static async start(variables: Variables = {}): Promise<AbusedProcess> {
    const [dataDir, databaseUrl] = await Promise.all([mkdtemp(join(tmpdir(), 'herald-abused-')), postgresDatabase()]);
    const defaults = { DATA_DIR: dataDir, DATABASE_URL: databaseUrl, RUN_JOBS: 'false', LOG_FORMAT: 'json' };
    const herald = await HeraldProcess.spawn('main.js', {
      ...defaults,
      HTTP_RATE_LIMIT_PER_MINUTE: '0',
      WS_MAX_CONNECTIONS_PER_USER: '0',
      ...variables,
    });
    return new AbusedProcess(await herald.ready(), dataDir);
  }

  get url(): string {
    return this.herald.url;
  }

  get wsUrl(): string {
    return this.herald.wsUrl;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Everything it has written. */
  get output(): string {
    return this.herald.output;
  }

  says(text: string): Promise<void> {
    return this.herald.says(text);
  }

  residentBytes(): Promise<number> {
    return sample(this, 'process_resident_memory_bytes');
  }

  /** A token for an administrator. */
  async tokenFor(userId: string, expiresIn?: number): Promise<string> {
    const body = { user_id: userId, roles: ['realtime-admin'], expires_in: expiresIn };
    return String((await new ApiClient(this.url, null, '').post('/dev/token', body)).body.access_token);
  }

  /** Connects and waits for the welcome. */
  async join(path: string, token: string): Promise<TestClient> {
    const client = await connect(`${this.wsUrl}${path}`, { token });
    await client.next();
    return client;
  }

  /** Stops the process; fails if it did not survive until then. */
  async stop(): Promise<void> {
    const { code } = await this.herald.end('SIGTERM');
    await rm(this.dataDir, { recursive: true, force: true });
    if (code !== 0) throw new Error(`The process ended with ${code}:\n${this.output}`);
  }
}
