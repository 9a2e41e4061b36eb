import { getMetadataStorage } from 'class-validator';

/** A class whose validators describe the fields of a type. */
export type DataClass<D extends object = object> = new () => D;

export interface EventDefinition {
  /** Whether owners and admins may publish events of this type over HTTP. By default only the backend may. */
  overHttp?: boolean;
}

const events = new Map<string, Map<string, DataClass>>();
const notifications = new Map<string, DataClass>();
const overHttp = new Set<string>();

/** The class of each event type of a kind of channels. */
export function definedEvents(kind: string): ReadonlyMap<string, DataClass> {
  return events.get(kind) ?? new Map<string, DataClass>();
}

/** The class of each notification type that has one. */
export function definedNotifications(): ReadonlyMap<string, DataClass> {
  return notifications;
}

/** Whether only the backend may publish this type, because the application has defined it. */
export function isReservedType(type: string): boolean {
  if (overHttp.has(type)) return false;
  return notifications.has(type) || [...events.values()].some((classes) => classes.has(type));
}

/** @throws {Error} if the type already has a class or another form, or the class has no validators */
export function addEvent(kind: string, type: string, dataClass: DataClass, definition: EventDefinition = {}): void {
  const classes = events.get(kind) ?? new Map<string, DataClass>();
  add(classes, type, dataClass);
  events.set(kind, classes);
  if (definition.overHttp === true) overHttp.add(type);
}

/** @throws {Error} if the type already has a class or another form, or the class has no validators */
export function addNotification(type: string, dataClass: DataClass): void {
  add(notifications, type, dataClass);
}

function add(classes: Map<string, DataClass>, type: string, dataClass: DataClass): void {
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

const EVENT_TYPE = /^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$/;
const EVENT_TYPE_LENGTH = 100;

/** Whether a text has the form `word.word`: lower-case letters, digits and underscores. */
export function isEventType(text: string): boolean {
  return text.length <= EVENT_TYPE_LENGTH && EVENT_TYPE.test(text);
}
