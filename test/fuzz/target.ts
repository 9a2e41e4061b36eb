import { AbusedProcess } from '../support/abused-process.js';
import { ApiClient } from '../support/api-client.js';
import { countConnections } from '../support/connection-count.js';
import { RawSession } from '../support/raw-session.js';
import { until } from '../../src/realtime/testing/until.js';
import type { TestClient } from '../support/ws-client.js';
import { Bystander } from './bystander.js';

/** Every so many runs, the bystander also gets an event, which costs more than a ping. */
const EVENT_EVERY = 20;
const VARIABLES = {
  // The bystander sends a ping after each run, so as fast as runs go.
  WS_RATE_LIMIT_PER_SECOND: '1000',
  WS_MAX_CONNECTIONS_PER_USER: '20',
  LOG_LEVEL: 'warn',
  // Mallory's exports run.
  RUN_JOBS: 'true',
};

/** Mallory's organization, and what is in it. */
export interface KnownIds {
  org_id: string;
  /** The id of a resource. */
  id: string;
  user_id: string;
}

/** A Herald in a separate process, which exits at the first unhandled rejection, and its clients. */
export class FuzzTarget {
  /** Whether a run has harmed the process or another client. */
  isHarmed = false;
  private checks = 0;
  private readonly saidAtStart: number;

  private constructor(
    private readonly herald: AbusedProcess,
    /** The token of Mallory, who owns an organization and is an administrator. */
    readonly token: string,
    readonly ids: KnownIds,
    private readonly bystander: Bystander,
    /** Mallory's own clients, which receive what her requests cause. */
    private readonly witnesses: TestClient[],
    private readonly connectionsAtRest: number,
  ) {
    this.saidAtStart = herald.output.length;
  }

  static async start(): Promise<FuzzTarget> {
    const herald = await AbusedProcess.start(VARIABLES);
    try {
      const token = await herald.tokenFor('mallory', 86_400);
      const api = new ApiClient(herald.url, token);
      const org_id: string = (await api.post('/orgs', { name: 'Fuzzed' })).body.id;
      const { id } = (await api.post(`/orgs/${org_id}/resources`, { name: 'Fuzzed' })).body;
      await api.post(`/orgs/${org_id}/members`, { user_id: 'bob' });
      const paths = ['/ws/notifications/', `/ws/events/${org_id}/?presence=true`];
      const witnesses = await Promise.all(paths.map((path) => herald.join(path, token)));
      const bystander = await Bystander.join(herald, await herald.tokenFor('bystander', 86_400));
      const atRest = await countConnections(herald.url);
      return new FuzzTarget(herald, token, { org_id, id, user_id: 'bob' }, bystander, witnesses, atRest);
    } catch (error) {
      await herald.stop();
      throw error;
    }
  }

  get url(): string {
    return this.herald.url;
  }

  get port(): number {
    return this.herald.port;
  }

  /** Opens a connection of Mallory. */
  open(): Promise<RawSession> {
    return RawSession.open({ url: this.url, token: this.token });
  }

  /** Checks that the process is alive, and that other clients are served. */
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

  /** Resolves when nothing of past connections is left; fails if the process has logged warnings or errors. */
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
        // Warnings about refused and closed clients are expected.
        .filter((line) => !/"context":"(Connections|Refusals)"/.test(line))
        .join('\n')
    );
  }

  /** The end of the process's output, such as why it exited. */
  get lastWords(): string {
    return this.herald.output.slice(this.saidAtStart).slice(-3_000);
  }

  stop(): Promise<void> {
    return this.herald.stop();
  }
}
