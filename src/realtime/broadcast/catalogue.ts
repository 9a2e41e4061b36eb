import { getMetadataStorage } from 'class-validator';
import { NOTIFICATIONS, ORG_EVENTS } from './catalogue-data.js';

/** A class whose validators say what may come with a type. */
export type DataClass<D extends object = object> = new () => D;

type DataOf<C extends Record<string, DataClass>> = { [T in keyof C]: InstanceType<C[T]> };

/**
 * The organization events whose `data` is known. An application adds its own by declaration merging, and gives its class
 * to `defineOrgEvent` to have the data checked as it runs, too:
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

/** The notifications of which it is known what comes with them, besides `title`, `body` and `timestamp`. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- a type alias could not be merged with
export interface Notifications extends DataOf<typeof NOTIFICATIONS> {}

const orgEvents = new Map<string, DataClass>(Object.entries(ORG_EVENTS));
const notifications = new Map<string, DataClass>(Object.entries(NOTIFICATIONS));

/** The class of each type that has one, an application's too. */
export const DATA_CLASSES: Readonly<Record<'orgEvents' | 'notifications', ReadonlyMap<string, DataClass>>> = {
  orgEvents,
  notifications,
};

/** Refuses a class whose instances are not exactly what the interface declares: more fields, or fewer. */
type Exactly<Declared, D> = [Declared] extends [D] ? unknown : never;

/**
 * Has the data of an application's own event checked against a class of class-validator, and described by the AsyncAPI
 * document. Call it once, beside the class.
 * @throws {Error} if the type has a class already, or the class says nothing about its fields
 */
export function defineOrgEvent<T extends keyof OrgEvents, D extends OrgEvents[T]>(
  type: T,
  dataClass: DataClass<D> & Exactly<OrgEvents[T], D>,
): void {
  define(orgEvents, type, dataClass);
}

/**
 * The same for an application's own type of notifications. The class has the fields besides `title`, `body` and `timestamp`.
 * @throws {Error} if the type has a class already, or the class says nothing about its fields
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
    throw new Error(`${type} is defined by ${known.name} already, got ${name}: take another type`);
  // Without validators every value would pass.
  if (getMetadataStorage().getTargetValidationMetadatas(dataClass, '', false, false).length === 0) {
    throw new Error(
      `${name} says nothing about its fields: give each a validator of class-validator, such as @IsString()`,
    );
  }
  classes.set(type, dataClass);
}

/** Whether a type is one that the backend itself emits. Nobody else may publish under its name. */
export function isCatalogueType(type: string): boolean {
  return Object.hasOwn(ORG_EVENTS, type) || Object.hasOwn(NOTIFICATIONS, type);
}

const EVENT_TYPE = /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/;
const EVENT_TYPE_LENGTH = 100;

/** Whether a text is of the form `word.word`: lower-case letters, digits and underscores. */
export function isEventType(text: string): boolean {
  return text.length <= EVENT_TYPE_LENGTH && EVENT_TYPE.test(text);
}
