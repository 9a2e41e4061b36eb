import { Channel, type ChannelKind, type IdCheck, orgChannel } from '../broker/channel.js';
import { addEvent, addNotification, type DataClass, type EventDefinition } from './data-classes.js';

/**
 * The organization events with typed `data`. A feature adds its own by declaration merging, and passes the class to
 * `defineOrgEvent`:
 *
 * ```ts
 * declare module '../realtime/index.js' {
 *   interface OrgEvents {
 *     'invoice.paid': InvoicePaid;
 *   }
 * }
 * defineOrgEvent('invoice.paid', InvoicePaid);
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- features add to it
export interface OrgEvents {}

/** The notifications with typed fields besides `title`, `body` and `timestamp`. Features add their own. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- features add to it
export interface Notifications {}

/** Refuses a class with more or fewer fields than the interface declares. */
type Exactly<Declared, D> = [Declared] extends [D] ? unknown : never;

/**
 * Registers the class of an event: its data is then checked against the class's validators, described in the AsyncAPI
 * document, and reserved for the backend. Call it once, beside the class.
 * @throws {Error} if the type already has a class, or the class has no validators
 */
export function defineOrgEvent<T extends keyof OrgEvents, D extends OrgEvents[T]>(
  type: T,
  dataClass: DataClass<D> & Exactly<OrgEvents[T], D>,
  definition: EventDefinition = {},
): void {
  addEvent(orgChannel.kind, type, dataClass, definition);
}

/**
 * The same for a notification type. The class has the fields besides `title`, `body` and `timestamp`.
 * @throws {Error} if the type already has a class, or the class has no validators
 */
export function defineNotification<T extends keyof Notifications, D extends Notifications[T]>(
  type: T,
  dataClass: DataClass<D> & Exactly<Notifications[T], D>,
): void {
  addNotification(type, dataClass);
}

/**
 * Declares a kind of channels, and the events that they carry. Call it once for each kind, beside the feature that
 * uses it:
 *
 * ```ts
 * export const projects = defineChannel('project', { id: isUuid }, { 'project.archived': ProjectArchived });
 * ```
 * @param kind such as `project`: lower-case letters, digits, `-` and `_`
 * @param parts a check for each id that names a channel of this kind
 * @param events the class of each type's data; without any, the channels carry any types, unchecked
 * @throws {Error} if the kind or a type is not valid or already defined, or a class has no validators
 */
export function defineChannel<Parts extends Readonly<Record<string, IdCheck>>, Events = unknown>(
  kind: string,
  parts: Parts,
  events?: Events & Readonly<Record<string, DataClass>>,
): ChannelKind<Parts, Events> {
  const channels = Channel.define<Parts, Events>(kind, parts);
  for (const [type, dataClass] of Object.entries(events ?? {})) addEvent(kind, type, dataClass);
  return channels;
}
