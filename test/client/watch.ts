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
import { until } from '../../src/realtime/testing/until.js';

/** Long enough for some failed attempts on a busy machine. */
const DEADLINE_MS = 20_000;

const opened = new Set<Connection<never>>();

/** Closes every connection that a test has opened; for `afterEach`. */
export function closeAllConnections(): void {
  for (const connection of opened) connection.close();
  opened.clear();
}

/** A connection as an application has it, and everything it emitted. */
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

/** Connects to an organization's events, and waits until connected. */
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

/** Connects to a user's notifications, and waits until connected. */
export async function watchNotifications(options: ClientOptions): Promise<NotificationWatch> {
  const connection = connectNotifications({ WebSocket, ...options });
  const frames: NotificationFrame[] = [];
  connection.on('notification', (frame) => frames.push(frame));
  const watch = { connection, frames, ...record(connection) };
  await connected(watch);
  return watch;
}

/** Resolves when it is connected, and has been welcomed at least this often. */
export async function connected(
  { connection, welcomes }: Pick<OrgWatch, 'welcomes'> & { connection: { state: ConnectionState } },
  times = 1,
): Promise<void> {
  await until(() => welcomes.length >= times && connection.state.status === 'connected', DEADLINE_MS);
}

/** The `data.n` of each event. */
export function numbersOf({ frames }: OrgWatch): number[] {
  return frames.flatMap(({ data: { n } }) => (typeof n === 'number' ? [n] : []));
}

/** Fixes the random delays of the new connections to a tenth of their maximum, to keep tests short. */
export function impatient<T>(make: () => T): T {
  const { random } = Math;
  Math.random = () => 0.1;
  try {
    return make();
  } finally {
    Math.random = random;
  }
}

/** Stops the load, which is on these clients' only organization; expects that they get every change once and in order. */
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
  // The events that all connections have.
  const common = connection as unknown as Connection<CommonFrames>;
  opened.add(common as unknown as Connection<never>);
  const records: Records = { states: [], welcomes: [], refetches: [], faults: [] };
  common.on('state', (state) => records.states.push(state));
  common.on('welcome', (frame) => records.welcomes.push(frame));
  common.on('refetch', (frame) => records.refetches.push(frame));
  common.on('error', (fault) => records.faults.push(fault));
  return records;
}
