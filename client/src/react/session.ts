import { connectNotifications, connectOrgEvents } from '../index.js';
import type { Connection, NotificationFrames, OrgFrames } from '../connection.js';
import { serverOf } from '../dialer.js';
import type { ClientOptions } from '../options.js';
import { connectOverTabs } from '../tabs/connect-over-tabs.js';
import { OwnConnection } from '../tabs/own-connection.js';
import type { Frames, TabConnection } from '../tabs/tab-connection.js';
import { Inbox } from './inbox.js';
import { LiveEndpoint } from './live-endpoint.js';
import { Attendance } from './attendance.js';
import { Rest } from './rest.js';
import { Tokens } from './tokens.js';

export interface SessionOptions {
  url: string | undefined;
  userId: string;
  credential: ClientOptions['credential'];
  WebSocket: ClientOptions['WebSocket'];
  presence: boolean;
  share: boolean;
}

const noToken: ClientOptions['getToken'] = () => {
  throw new Error('HeraldProvider is not mounted');
};

/** What the components of one user share. Creating one has no effect: each part starts when a component needs it. */
export class Session {
  private getToken = noToken;
  private readonly tokens: Tokens;
  private readonly rest: Rest;
  private readonly orgs = new Map<string, LiveEndpoint<OrgFrames>>();
  private readonly inboxes = new Map<number, Inbox>();
  private readonly attendances = new Map<string, Attendance>();
  private ending: ReturnType<typeof setTimeout> | undefined;

  readonly notifications = new LiveEndpoint<NotificationFrames>(() =>
    this.connect('notifications', (options) => connectNotifications(options)),
  );

  constructor(private readonly options: SessionOptions) {
    this.tokens = new Tokens(options.userId, () => this.getToken);
    this.rest = new Rest(() => serverOf(options.url), this.tokens);
  }

  useTokensOf(getToken: ClientOptions['getToken']): void {
    this.getToken = getToken;
  }

  events(orgId: string): LiveEndpoint<OrgFrames> {
    const { presence } = this.options;
    // Organization ids are case-insensitive.
    const id = orgId.toLowerCase();
    return entry(this.orgs, id, () => {
      return new LiveEndpoint(() =>
        this.connect(`events/${id}`, (options) => connectOrgEvents(id, { ...options, presence })),
      );
    });
  }

  inbox(limit: number): Inbox {
    return entry(this.inboxes, limit, () => new Inbox(this.rest, this.notifications, limit));
  }

  attendance(orgId: string): Attendance {
    return entry(this.attendances, orgId.toLowerCase(), (id) => new Attendance(this.rest, this.events(id), id));
  }

  /** @returns a function that ends it, unless it begins again at once, as under StrictMode */
  readonly begin = (): (() => void) => {
    clearTimeout(this.ending);
    return () => {
      this.ending = setTimeout(() => this.end());
    };
  };

  private end(): void {
    // These hold endpoints, so they must expire first.
    for (const each of [...this.inboxes.values(), ...this.attendances.values()]) each.expire();
    for (const each of [this.notifications, ...this.orgs.values()]) each.expire();
  }

  private connect<F extends Frames>(endpoint: string, open: (options: ClientOptions) => Connection<F>): TabConnection {
    const { url, userId, credential, WebSocket, presence, share } = this.options;
    const connect = (cursor?: string): Connection<F> =>
      open({ url, credential, WebSocket, cursor, getToken: (request) => this.tokens.ask(request) });
    const name = JSON.stringify(['herald', 1, serverOf(url), userId, endpoint, presence]);
    return share ? connectOverTabs(name, connect) : new OwnConnection(connect);
  }
}

function entry<K, V>(map: Map<K, V>, key: K, make: (key: K) => V): V {
  const value = map.get(key) ?? make(key);
  map.set(key, value);
  return value;
}
