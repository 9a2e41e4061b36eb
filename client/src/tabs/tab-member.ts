import type { ConnectionState } from '../connection.js';
import { Hearing } from './hearing.js';
import type { Message } from './message.js';
import { OwnConnection } from './own-connection.js';
import type { Connect, Frames, TabConnection, TabListener } from './tab-connection.js';

/** After the time at which a leading tab is to connect anew: it is awake if it has done so by then. */
const DUE_AFTER_MS = 250;

/** One of the tabs that share a connection. Whoever holds the lock leads. */
export class TabMember<F extends Frames> implements TabConnection {
  private readonly hearing = new Hearing();
  private readonly channel: BroadcastChannel;
  private readonly closing = new AbortController();
  /** There while this tab leads. */
  private own: OwnConnection<F> | null = null;
  /** Ends this tab's wait for the lock, or gives it back. */
  private withdraw = (): void => undefined;
  private dueTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly name: string,
    private readonly connect: Connect<F>,
    private readonly locks: LockManager,
  ) {
    this.channel = new BroadcastChannel(name);
    // Pages of this origin alone can write here.
    this.channel.onmessage = ({ data }: MessageEvent<Message>) => this.receive(data);
    this.enter();
    const { signal } = this.closing;
    document.addEventListener('visibilitychange', () => this.onVisibility(), { signal });
    // A page that is kept for the way back must not lead, as it does nothing there.
    window.addEventListener('pagehide', ({ persisted }) => persisted && this.leave(), { signal });
    window.addEventListener('pageshow', ({ persisted }) => persisted && this.enter(), { signal });
  }

  get state(): ConnectionState {
    return this.hearing.state;
  }

  listen(listener: TabListener): () => void {
    this.hearing.listeners.add(listener);
    return () => this.hearing.listeners.delete(listener);
  }

  reconnect(): void {
    if (this.own) this.own.reconnect();
    else this.post({ kind: 'reconnect' });
  }

  close(): void {
    this.hearing.listeners.clear();
    this.closing.abort();
    this.leave();
    this.channel.close();
  }

  private enter(): void {
    this.post({ kind: 'hello' });
    const withdrawal = new AbortController();
    const { signal } = withdrawal;
    this.withdraw = () => withdrawal.abort();
    const withdrawn = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    const lead = (): Promise<void> => {
      if (!signal.aborted) this.lead();
      return withdrawn;
    };
    // A page without an origin has no locks, and leads none but itself.
    this.locks.request(this.name, { signal }, lead).catch(lead);
  }

  private leave(): void {
    clearTimeout(this.dueTimer);
    this.own?.close();
    this.own = null;
    this.withdraw();
  }

  private lead(): void {
    const own = (this.own = new OwnConnection(this.connect, this.hearing.beginToLead()));
    const hear = (name: string, value: unknown): void => {
      const message = this.hearing.hearOwn(name, value);
      if (message) this.post(message);
    };
    hear('state', own.state);
    own.listen(hear);
  }

  private receive(message: Message): void {
    if (this.own) this.answer(this.own, message.kind);
    else if (message.kind === 'standing') this.hearing.hearStanding(message);
    else if (message.kind === 'welcome') this.hearing.hearWelcome(message);
    else if (message.kind === 'frame') this.hearing.hearFrame(message);
    if (message.kind === 'standing') this.watchOver();
  }

  private answer(own: OwnConnection<F>, kind: Message['kind']): void {
    const { status, retryAt = 0 } = own.state;
    // Somebody who comes to a closed door tries it: it may be open by now.
    if (kind === 'reconnect' || (kind === 'hello' && status === 'closed')) own.reconnect();
    if (kind === 'due' && status === 'waiting' && retryAt <= Date.now()) own.reconnect();
    if (kind === 'hello') this.post(this.hearing.standing());
  }

  private onVisibility(): void {
    if (document.visibilityState !== 'visible' || this.own) return;
    // It may have slept, and missed what was said.
    this.post({ kind: 'hello' });
    this.watchOver();
  }

  /** The timers of a leading tab in the background are slow: one that is on show reminds it. */
  private watchOver(): void {
    clearTimeout(this.dueTimer);
    const { status, retryAt } = this.state;
    if (this.own || status !== 'waiting' || retryAt === undefined || document.visibilityState !== 'visible') return;
    const wait = Math.max(0, retryAt - Date.now()) + DUE_AFTER_MS;
    this.dueTimer = setTimeout(() => this.post({ kind: 'due' }), wait);
  }

  private post(message: Message): void {
    this.channel.postMessage(message);
  }
}
