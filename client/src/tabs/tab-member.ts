import { UNAUTHORIZED } from '../back-off.js';
import type { ConnectionFault, ConnectionState } from '../connection.js';
import { Candidacy, type Candidate } from './candidacy.js';
import { Hearing } from './hearing.js';
import type { Message } from './message.js';
import { OwnConnection } from './own-connection.js';
import type { Connect, Frames, TabConnection, TabListener } from './tab-connection.js';

/** How often a visible tab asks the leading one for its state. */
const WATCH_MS = 2_000;
/** A leading tab that is silent for this long is asleep: systems freeze background tabs while they hold the lock. */
const SILENT_MS = 5_000;

/** One of the tabs that share a connection. */
export class TabMember<F extends Frames> implements TabConnection, Candidate {
  private readonly hearing = new Hearing();
  private readonly channel: BroadcastChannel;
  private readonly candidacy: Candidacy;
  private readonly closing = new AbortController();
  private readonly watch: ReturnType<typeof setInterval>;
  /** Set while this tab leads. */
  private own: OwnConnection<F> | null = null;
  /** Whether it can't connect because it has no valid token. Another tab may have one. */
  private isStuck = false;
  /** When the leading tab was last heard. */
  private heardAt = performance.now();

  constructor(
    name: string,
    private readonly connect: Connect<F>,
    locks: LockManager,
  ) {
    this.channel = new BroadcastChannel(name);
    // Only pages of this origin can post to the channel.
    this.channel.onmessage = ({ data }: MessageEvent<Message>) => this.receive(data);
    this.candidacy = new Candidacy(locks, name, this);
    this.watch = setInterval(() => this.watchOver(), WATCH_MS);
    const { signal } = this.closing;
    document.addEventListener('visibilitychange', () => this.onVisibility(), { signal });
    // A page in the back/forward cache is frozen, so it must not lead.
    window.addEventListener('pagehide', ({ persisted }) => persisted && this.leave(), { signal });
    window.addEventListener('pageshow', ({ persisted }) => persisted && this.enter(), { signal });
    this.enter();
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
    clearInterval(this.watch);
    this.leave();
    this.channel.close();
  }

  lead(): void {
    const own = (this.own = new OwnConnection(this.connect, this.hearing.beginToLead()));
    this.isStuck = false;
    const hear = (name: string, value: unknown): void => {
      if (name === 'welcome') this.isStuck = false;
      if (name === 'error' && isForToken(value as ConnectionFault, own.state)) {
        this.isStuck = true;
        void this.candidacy.passOn();
      }
      const message = this.hearing.hearOwn(name, value);
      if (message) this.post(message);
    };
    hear('state', own.state);
    own.listen(hear);
  }

  stepDown(): void {
    this.own?.close();
    this.own = null;
    this.heardAt = performance.now();
    this.post({ kind: 'hello', isNew: false });
  }

  private enter(): void {
    this.post({ kind: 'hello', isNew: true });
    this.candidacy.stand();
  }

  private leave(): void {
    this.own?.close();
    this.own = null;
    this.candidacy.withdraw();
  }

  private receive(message: Message): void {
    if (this.own) this.answer(this.own, message);
    else if (message.kind === 'standing') this.hearing.hearStanding(message);
    else if (message.kind === 'welcome') this.hearing.hearWelcome(message);
    else if (message.kind === 'frame') this.hearing.hearFrame(message);
    if (message.kind !== 'hello' && message.kind !== 'reconnect') this.heardAt = performance.now();
  }

  private answer(own: OwnConnection<F>, message: Message): void {
    if (message.kind === 'reconnect') own.reconnect();
    if (message.kind !== 'hello') return;
    if (this.isStuck) void this.candidacy.passOn();
    const { status, retryAt = Infinity } = own.state;
    // A new tab retries a closed connection: the server may accept it by now.
    if (status === 'closed' && message.isNew) own.reconnect();
    // Browsers throttle timers in background tabs.
    if (status === 'waiting' && retryAt < Date.now()) own.reconnect();
    this.post(this.hearing.standing());
  }

  private onVisibility(): void {
    if (document.visibilityState !== 'visible' || this.own) return;
    // This tab may have been frozen, and have missed messages.
    this.heardAt = performance.now();
    this.post({ kind: 'hello', isNew: false });
  }

  private watchOver(): void {
    if (document.visibilityState !== 'visible' || this.own) return;
    if (performance.now() - this.heardAt > SILENT_MS) this.candidacy.seize();
    else this.post({ kind: 'hello', isNew: false });
  }

  private post(message: Message): void {
    this.channel.postMessage(message);
  }
}

/** Whether connecting failed because of the token. An open connection is kept until it ends. */
function isForToken({ source }: ConnectionFault, { status, closed }: ConnectionState): boolean {
  return status !== 'connected' && (source === 'token' || closed?.code === UNAUTHORIZED);
}
