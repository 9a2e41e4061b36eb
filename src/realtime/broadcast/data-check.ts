import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { fieldErrors } from '../support/field-errors.js';
import { type DataClass, definedEvents, definedNotifications } from './data-classes.js';
import { InvalidBroadcastError } from './invalid-broadcast.error.js';
import type { JsonObject } from '../broker/json.js';

const LONGEST_SHOWN = 60;

/**
 * Checks broadcasts against the class of their type in development and tests, for mistakes that the compiler can't see.
 * By default, with `NODE_ENV=production` it does nothing, so that messages don't pay for it.
 *
 * Types without a class pass, and so do fields that the class does not declare. Asynchronous validators are ignored.
 */
export class DataCheck {
  constructor(private readonly isOn: boolean) {}

  /** @throws {InvalidBroadcastError} naming each wrong field, such as `data.resource_id` */
  expectEvent(kind: string, type: string, data: JsonObject): void {
    if (this.isOn) checkEvent(kind, type, data);
  }

  /** @throws {InvalidBroadcastError} naming each wrong field, such as `notification.task_id` */
  expectNotification(notification: JsonObject): void {
    const { type } = notification;
    if (this.isOn && typeof type === 'string') {
      expectFields(notification, definedNotifications().get(type), 'notification');
    }
  }
}

/**
 * Checks an event's data against the class of its type, for data that comes from outside.
 * @param kind the kind of its channel, such as `org`
 * @throws {InvalidBroadcastError} naming each wrong field
 */
export function checkEvent(kind: string, type: string, data: JsonObject): void {
  expectFields(data, definedEvents(kind).get(type), 'data');
}

function expectFields(data: JsonObject, dataClass: DataClass | undefined, path: string): void {
  if (dataClass === undefined) return;
  const found = validateSync(plainToInstance(dataClass, data));
  const [first, ...more] = found.flatMap((error) => fieldErrors(error, path, (value) => `, got ${shown(value)}`));
  if (first !== undefined) throw new InvalidBroadcastError(first.field, first.message, more);
}

function shown(value: unknown): string {
  if (value === undefined) return 'none';
  const text = JSON.stringify(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
