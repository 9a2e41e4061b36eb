import type { ConnectionFault, ConnectionState } from '../connection.js';
import type { WelcomeFrame } from '../frames.js';
import type { Message } from './message.js';
import { Place } from './place.js';
import type { TabListener } from './tab-connection.js';

type Told<K extends Message['kind']> = Extract<Message, { kind: K }>;

/**
 * Tracks what a tab has received, whichever tab held the connection, and passes it to the tab's listeners. It hides the connection
 * id: a request that named it in `X-Connection-Id` would keep its effects from all the other tabs.
 */
export class Hearing {
  state: ConnectionState = { status: 'connecting', reconnects: 0 };
  readonly listeners = new Set<TabListener>();
  private readonly place = new Place();
  private welcome: WelcomeFrame | null = null;
  /** Reconnects before this tab began to lead. */
  private reconnects = 0;

  /** @returns the cursor from which this tab's own connection resumes */
  beginToLead(): string | undefined {
    this.reconnects = this.welcome === null ? 0 : this.state.reconnects + 1;
    return this.place.current;
  }

  standing(): Told<'standing'> {
    return { kind: 'standing', state: this.state, welcome: this.welcome, place: this.place.current };
  }

  /**
   * Takes what came over this tab's own connection.
   * @returns the message for the other tabs
   */
  hearOwn(name: string, value: unknown): Message | null {
    if (name === 'state') return this.hearOwnState(value as ConnectionState);
    if (name === 'error') {
      this.tell(name, value);
      // A thrown value may not be cloneable, so it can't be posted to other tabs.
      const fault: ConnectionFault = { ...(value as ConnectionFault), cause: undefined };
      return { kind: 'frame', name, value: fault, before: undefined };
    }
    if (name === 'welcome') {
      const welcome = (this.welcome = { ...(value as WelcomeFrame), connection_id: '' });
      const { current = welcome.cursor } = this.place;
      const place = welcome.resumed === true ? current : welcome.cursor;
      this.place.moveTo(place);
      this.tell(name, welcome);
      return { kind: 'welcome', welcome, place };
    }
    // Other tabs detect by themselves whether they missed anything.
    if (name === 'refetch') {
      this.tell(name, this.welcome);
      return null;
    }
    const frame = value as Told<'frame'>['value'];
    const before = this.place.current;
    if (frame.cursor !== undefined && this.place.take(frame.cursor, before) === 'seen') return null;
    this.tell(name, value);
    return { kind: 'frame', name, value: frame, before };
  }

  /** Takes the leading tab's state: the first message that a new tab acts on. */
  hearStanding({ state, welcome, place }: Told<'standing'>): void {
    if (place !== undefined && welcome !== null && !this.place.has(place)) this.moveTo(place, welcome);
    this.show({ ...state, cursor: this.place.current });
  }

  /** Takes the leading tab's welcome. */
  hearWelcome({ welcome, place }: Told<'welcome'>): void {
    if (welcome.resumed === false || !this.place.has(place)) this.moveTo(place, welcome);
    else {
      this.welcome = welcome;
      this.tell('welcome', { ...welcome, resumed: true });
    }
  }

  /** Takes a frame that the leading tab received. */
  hearFrame({ name, value, before }: Told<'frame'>): void {
    const { cursor } = value;
    if (cursor !== undefined) {
      // A new tab waits for the leading tab's state first.
      if (this.welcome === null) return;
      const how = this.place.take(cursor, before);
      if (how === 'seen') return;
      if (how === 'gap') this.tell('refetch', { ...this.welcome, resumed: false });
    }
    this.tell(name, value);
    if (cursor !== undefined) this.show({ ...this.state, cursor });
  }

  private hearOwnState(state: ConnectionState): Message | null {
    const before = this.state;
    this.show({ ...state, reconnects: state.reconnects + this.reconnects });
    return isSame(before, this.state) ? null : this.standing();
  }

  /** Jumps to a place this tab was not at. Unless it is new, it missed what lies between. */
  private moveTo(place: string, welcome: WelcomeFrame): void {
    const isFirst = this.welcome === null;
    this.welcome = welcome;
    this.place.moveTo(place);
    this.tell('welcome', { ...welcome, resumed: isFirst ? undefined : false });
    if (!isFirst) this.tell('refetch', { ...welcome, resumed: false });
  }

  private show(given: ConnectionState): void {
    const state = { ...given, connectionId: undefined };
    if (isSame(state, this.state) && state.cursor === this.state.cursor) return;
    this.state = state;
    this.tell('state', this.state);
  }

  private tell(name: string, value: unknown): void {
    for (const listener of [...this.listeners]) listener(name, value);
  }
}

/** Compares states without their cursors, which every tab knows from its frames. */
function isSame(one: ConnectionState, other: ConnectionState): boolean {
  return JSON.stringify({ ...one, cursor: null }) === JSON.stringify({ ...other, cursor: null });
}
