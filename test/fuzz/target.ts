import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from '../support/api-client.js';
import { countConnections } from '../support/connection-count.js';
import { HeraldProcess } from '../support/herald-process.js';
import { RawSession } from '../support/raw-session.js';
import { until } from '../support/until.js';
import { connect, type TestClient } from '../support/ws-client.js';
import { Bystander } from './bystander.js';

/** How often, in runs, the bystander is also sent an event, which costs more than a ping. */
const EVENT_EVERY = 20;
const VARIABLES = {
  // The bystander asks whether they are served as fast as runs follow each other.
  WS_RATE_LIMIT_PER_SECOND: '1000',
  HTTP_RATE_LIMIT_PER_MINUTE: '0',
  LOG_LEVEL: 'warn',
  LOG_FORMAT: 'json',
};

/** What Mallory knows of, and may use: her organization and what is in it. */
export interface KnownIds {
  org_id: string;
  /** Of a resource. */
  id: string;
  user_id: string;
}

/** A Herald in a process of its own, which ends it at the first unhandled rejection, and all who are connected to it. */
export class FuzzTarget {
  /** Whether somebody was served badly. */
  isHarmed = false;
  private checks = 0;
  private readonly saidAtStart: number;

  private constructor(
    private readonly herald: HeraldProcess,
    private readonly dataDir: string,
    /** Mallory's, who owns an organization and is an administrator. */
    readonly token: string,
    readonly ids: KnownIds,
    private readonly bystander: Bystander,
    /** Mallory's own clients, who see what her requests cause. */
    private readonly witnesses: TestClient[],
    private readonly connectionsAtRest: number,
  ) {
    this.saidAtStart = herald.output.length;
  }

  static async start(): Promise<FuzzTarget> {
    const dataDir = await mkdtemp(join(tmpdir(), 'herald-fuzz-'));
    const herald = await HeraldProcess.spawn('main.js', { ...VARIABLES, DATA_DIR: dataDir });
    try {
      await herald.ready();
      const tokenOf = async (user_id: string): Promise<string> => {
        const body = { user_id, roles: ['realtime-admin'], expires_in: 86_400 };
        const answer = await new ApiClient(herald.url, null, '').post('/dev/token', body);
        return answer.body.access_token;
      };
      const token = await tokenOf('mallory');
      const api = new ApiClient(herald.url, token);
      const org_id: string = (await api.post('/orgs', { name: 'Fuzzed' })).body.id;
      const { id } = (await api.post(`/orgs/${org_id}/resources`, { name: 'Fuzzed' })).body;
      await api.post(`/orgs/${org_id}/members`, { user_id: 'bob' });
      const paths = ['/ws/notifications/', `/ws/events/${org_id}/?presence=true`];
      const witnesses = await Promise.all(paths.map((path) => connect(herald.wsUrl + path, { token })));
      await Promise.all(witnesses.map((witness) => witness.next()));
      const bystander = await Bystander.join(herald, await tokenOf('bystander'));
      const atRest = await countConnections(herald.url);
      return new FuzzTarget(herald, dataDir, token, { org_id, id, user_id: 'bob' }, bystander, witnesses, atRest);
    } catch (error) {
      await herald.end('SIGKILL');
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    }
  }

  get url(): string {
    return this.herald.url;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** A welcomed connection of Mallory. */
  open(): Promise<RawSession> {
    return RawSession.open({ url: this.url, token: this.token });
  }

  /** Looks whether the process lives, and the others have noticed nothing. */
  async check(): Promise<void> {
    this.isHarmed = true;
    await this.areOthersServed();
    this.isHarmed = false;
  }

  private async areOthersServed(): Promise<void> {
    const closed = this.witnesses.find(({ isOpen }) => !isOpen);
    if (closed !== undefined)
      throw new Error(`A client who did nothing was closed: ${JSON.stringify(await closed.closed())}`);
    await this.bystander.isServed();
    this.checks += 1;
    if (this.checks % EVENT_EVERY === 0) await this.bystander.isTold();
  }

  /** Resolves when nothing is held any more of the connections there were; fails if the process has anything to complain of. */
  async comesToRest(): Promise<void> {
    await until(async () => (await countConnections(this.url)) === this.connectionsAtRest);
    await this.bystander.isTold();
    if (this.complaints !== '') throw new Error(`The process complains:\n${this.complaints}`);
  }

  private get complaints(): string {
    return (
      this.herald.output
        .slice(this.saidAtStart)
        .split('\n')
        .filter((line) => line.startsWith('{"level"') && !line.startsWith('{"level":3'))
        // Of whom it has sent away, and why, it is meant to tell.
        .filter((line) => !/"context":"(Connections|Refusals)"/.test(line))
        .join('\n')
    );
  }

  /** The last that the process has said, such as why it ended. */
  get lastWords(): string {
    return this.herald.output.slice(this.saidAtStart).slice(-3_000);
  }

  async stop(): Promise<void> {
    const { code } = await this.herald.end('SIGTERM');
    await rm(this.dataDir, { recursive: true, force: true });
    if (code !== 0) throw new Error(`The process ended with ${code}:\n${this.herald.output}`);
  }
}
