import type { OrgFrames } from '../connection.js';
import type { PresenceFrame } from '../frames.js';
import { segment } from '../segment.js';
import { Cell } from './cell.js';
import { keepLoaded } from './keep-loaded.js';
import { Lease } from './lease.js';
import type { LiveEndpoint } from './live-endpoint.js';
import { Loading } from './loading.js';
import type { ProblemError } from './problem.js';
import type { Rest } from './rest.js';

/** Presence frames are not repeated and do not count connections, so the list is reloaded this often. */
const REFRESH_MS = 60_000;

/** React Native, for one, has no document. */
const page = (globalThis as { document?: Document }).document;

/** A user who is connected to an organization's events. */
export interface PresentMember {
  user_id: string;
  connections: number;
}

export interface PresenceView {
  /** Ordered by id. */
  members: readonly PresentMember[];
  /** `error`: there is nothing to show; `error` says why. Temporary failures are retried. */
  status: 'loading' | 'ready' | 'error';
  error: ProblemError | null;
}

/** Who is connected to an organization's events. */
export class Attendance {
  private readonly view = new Cell<PresenceView>({ members: [], status: 'loading', error: null });
  private readonly lease = new Lease(
    () => this.start(),
    () => this.endpoint.state.status === 'closed',
  );
  private readonly loading = new Loading(
    (signal) => this.load(signal),
    (error) => this.fail(error),
  );
  /** Frames received since the current request began. */
  private journal: PresenceFrame[] = [];
  private loadedAt = -Infinity;

  constructor(
    private readonly rest: Rest,
    private readonly endpoint: LiveEndpoint<OrgFrames>,
    private readonly orgId: string,
  ) {}

  readonly snapshot = this.view.get;

  readonly subscribe = this.lease.holding(this.view.listen);

  /** Ends at once if nothing holds it. */
  expire(): void {
    this.lease.expire();
  }

  private start(): () => void {
    const refresh = (): void => {
      const isDue = performance.now() - this.loadedAt >= REFRESH_MS;
      if (isDue && page?.visibilityState !== 'hidden') void this.loading.now();
    };
    const timer = setInterval(refresh, REFRESH_MS);
    page?.addEventListener('visibilitychange', refresh);
    const offs = [
      this.endpoint.on('presence', (frame) => this.hear(frame)),
      keepLoaded(this.endpoint, this.loading, false),
    ];
    return () => {
      clearInterval(timer);
      page?.removeEventListener('visibilitychange', refresh);
      for (const off of offs) off();
    };
  }

  private async load(signal: AbortSignal): Promise<void> {
    const journal: PresenceFrame[] = (this.journal = []);
    const path = `/orgs/${segment(this.orgId)}/presence`;
    const { items } = await this.rest.get<{ items: PresentMember[] }>(path, signal);
    if (signal.aborted) return;
    this.loadedAt = performance.now();
    this.view.set({ members: this.withSelf(journal.reduce(withPresence, items)), status: 'ready', error: null });
  }

  private fail(error: ProblemError): void {
    const { status, members } = this.view.get();
    // An outdated list is better than none.
    if (error.isTemporary && status === 'ready') this.view.put({ error });
    else this.view.set({ members: error.isTemporary ? members : [], status: 'error', error });
  }

  /** Adds this user: the server records a user's presence shortly after the welcome. */
  private withSelf(members: readonly PresentMember[]): readonly PresentMember[] {
    const { status, userId } = this.endpoint.state;
    if (status !== 'connected' || userId === undefined) return members;
    return withPresence(members, { type: 'presence', action: 'joined', user_id: userId });
  }

  private hear(frame: PresenceFrame): void {
    this.journal.push(frame);
    this.view.put({ members: withPresence(this.view.get().members, frame) });
  }
}

function withPresence(members: readonly PresentMember[], { action, user_id }: PresenceFrame): PresentMember[] {
  const others = members.filter((member) => member.user_id !== user_id);
  if (action === 'left') return others;
  const known = members.find((member) => member.user_id === user_id);
  return [...others, known ?? { user_id, connections: 1 }].sort((a, b) => (a.user_id < b.user_id ? -1 : 1));
}
