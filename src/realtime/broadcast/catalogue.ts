import { getMetadataStorage } from 'class-validator';
import { NOTIFICATIONS, ORG_EVENTS } from './catalogue-data.js';

/** A class whose validators describe the fields of a type. */
export type DataClass<D extends object = object> = new () => D;

type DataOf<C extends Record<string, DataClass>> = { [T in keyof C]: InstanceType<C[T]> };

/**
 * The organization events with typed `data`. An application adds its own by declaration merging. Passing the class to
 * `defineOrgEvent` also checks the data at run time:
 *
 * ```ts
 * declare module '../realtime/broadcast/catalogue.js' {
 *   interface OrgEvents {
 *     'invoice.paid': InvoicePaid;
 *   }
 * }
 * ```
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- a type alias could not be merged with
export interface OrgEvents extends DataOf<typeof ORG_EVENTS> {}

/** The notifications with typed fields besides `title`, `body` and `timestamp`. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- a type alias could not be merged with
export interface Notifications extends DataOf<typeof NOTIFICATIONS> {}

const orgEvents = new Map<string, DataClass>(Object.entries(ORG_EVENTS));
const notifications = new Map<string, DataClass>(Object.entries(NOTIFICATIONS));

/** The class of each type that has one, including an application's types. */
export const DATA_CLASSES: Readonly<Record<'orgEvents' | 'notifications', ReadonlyMap<string, DataClass>>> = {
  orgEvents,
  notifications,
};

/** Refuses a class with more or fewer fields than the interface declares. */
type Exactly<Declared, D> = [Declared] extends [D] ? unknown : never;

/**
 * Registers the class of an application's own event: its data is then checked against the class's validators and
 * described in the AsyncAPI document. Call it once, beside the class.
 * @throws {Error} if the type already has a class, or the class has no validators
 */
export function defineOrgEvent<T extends keyof OrgEvents, D extends OrgEvents[T]>(
  type: T,
  dataClass: DataClass<D> & Exactly<OrgEvents[T], D>,
): void {
  define(orgEvents, type, dataClass);
}

/**
 * The same for an application's own notification type. The class has the fields besides `title`, `body` and
 * `timestamp`.
 * @throws {Error} if the type already has a class, or the class has no validators
 */
export function defineNotification<T extends keyof Notifications, D extends Notifications[T]>(
  type: T,
  dataClass: DataClass<D> & Exactly<Notifications[T], D>,
): void {
  define(notifications, type, dataClass);
}

function define(classes: Map<string, DataClass>, type: string, dataClass: DataClass): void {
  const { name } = dataClass;
  if (!isEventType(type)) throw new Error(`The type of ${name} takes the form word.word, got "${type}"`);
  const known = classes.get(type);
  if (known !== undefined)
    throw new Error(`${type} is already defined by ${known.name}, got ${name}: choose another type`);
  // Without validators every value would pass.
  if (getMetadataStorage().getTargetValidationMetadatas(dataClass, '', false, false).length === 0) {
    throw new Error(`${name} has no validators: give each field one from class-validator, such as @IsString()`);
  }
  classes.set(type, dataClass);
}

/** Whether the backend itself emits this type. Such types are reserved: nobody else may publish them. */
export function isCatalogueType(type: string): boolean {
  return Object.hasOwn(ORG_EVENTS, type) || Object.hasOwn(NOTIFICATIONS, type);
}

const EVENT_TYPE = /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/;
const EVENT_TYPE_LENGTH = 100;

/** Whether a text has the form `word.word`: lower-case letters, digits and underscores. */
export function isEventType(text: string): boolean {
  return text.length <= EVENT_TYPE_LENGTH && EVENT_TYPE.test(text);
}
