import { expect } from '@jest/globals';
import {
  type ClientOptions,
  type CommonFrames,
  connectNotifications,
  connectOrgEvents,
  type Connection,
  type ConnectionFault,
  type ConnectionState,
  type EventFrame,
  type NotificationFrame,
  type NotificationFrames,
  type OrgEventsOptions,
  type OrgFrames,
  type WelcomeFrame,
} from '@herald/client';
import { WebSocket } from 'ws';
import type { Load } from '../support/load.js';
import { accountOf, NOTHING_AMISS } from '../support/recording-client.js';
import { until } from '../support/until.js';

/** For what includes some failed attempts, on a busy machine. */
const DEADLINE_MS = 20_000;

const opened = new Set<Connection<never>>();

/** Ends every client that a test has made; for `afterEach`. */
export function closeAllConnections(): void {
  for (const connection of opened) connection.close();
  opened.clear();
}

/** A client as an application has it, and all that it was told. */
export interface Watch<F extends CommonFrames, Frame> {
  readonly connection: Connection<F>;
  readonly frames: Frame[];
  readonly states: ConnectionState[];
  readonly welcomes: WelcomeFrame[];
  readonly refetches: WelcomeFrame[];
  readonly faults: ConnectionFault[];
}

export type OrgWatch = Watch<OrgFrames, EventFrame>;
export type NotificationWatch = Watch<NotificationFrames, NotificationFrame>;

/** Connects to an organization's events, and waits until it is. */
export async function watchEvents(orgId: string, options: OrgEventsOptions): Promise<OrgWatch> {
  const watch = watchedEvents(orgId, options);
  await connected(watch);
  return watch;
}

/** The same without waiting. */
export function watchedEvents(orgId: string, options: OrgEventsOptions): OrgWatch {
  const connection = connectOrgEvents(orgId, { WebSocket, ...options });
  const frames: EventFrame[] = [];
  connection.on('event', (frame) => frames.push(frame));
  return { connection, frames, ...record(connection) };
}

/** Connects to a user's notifications, and waits until it is. */
export async function watchNotifications(options: ClientOptions): Promise<NotificationWatch> {
  const connection = connectNotifications({ WebSocket, ...options });
  const frames: NotificationFrame[] = [];
  connection.on('notification', (frame) => frames.push(frame));
  const watch = { connection, frames, ...record(connection) };
  await connected(watch);
  return watch;
}

/** Resolves when it was connected that often, and is. */
export async function connected(
  { connection, welcomes }: Pick<OrgWatch, 'welcomes'> & { connection: { state: ConnectionState } },
  times = 1,
): Promise<void> {
  await until(() => welcomes.length >= times && connection.state.status === 'connected', DEADLINE_MS);
}

/** The numbers that events carry as `data.n`. */
export function numbersOf({ frames }: OrgWatch): number[] {
  return frames.flatMap(({ data: { n } }) => (typeof n === 'number' ? [n] : []));
}

/** Lets chance have the clients that are made now wait a tenth of what they may: a test would be long otherwise. */
export function impatient<T>(make: () => T): T {
  const { random } = Math;
  Math.random = () => 0.1;
  try {
    return make();
  } finally {
    Math.random = random;
  }
}

/** Stops the load on the one organization of these clients, and waits until they have its last change. */
export async function expectNothingAmiss(load: Load, watches: readonly OrgWatch[]): Promise<void> {
  await load.stop();
  const count = load.least;
  for (const watch of watches) {
    await until(() => numbersOf(watch).includes(count - 1), DEADLINE_MS);
    expect(accountOf(numbersOf(watch), count)).toEqual(NOTHING_AMISS);
    expect(watch.refetches).toEqual([]);
  }
}

type Records = Pick<OrgWatch, 'states' | 'welcomes' | 'refetches' | 'faults'>;

function record<F extends CommonFrames>(connection: Connection<F>): Records {
  // What all connections tell of.
  const common = connection as unknown as Connection<CommonFrames>;
  opened.add(common as unknown as Connection<never>);
  const records: Records = { states: [], welcomes: [], refetches: [], faults: [] };
  common.on('state', (state) => records.states.push(state));
  common.on('welcome', (frame) => records.welcomes.push(frame));
  common.on('refetch', (frame) => records.refetches.push(frame));
  common.on('error', (fault) => records.faults.push(fault));
  return records;
}
