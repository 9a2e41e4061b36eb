import { Injectable } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { Environment } from '../../config/environment.js';
import { fieldErrors } from '../../http/field-errors.js';
import { DATA_CLASSES, type DataClass } from './catalogue.js';
import { InvalidBroadcastError } from './invalid-broadcast.error.js';
import type { JsonObject } from '../broker/json.js';

const LONGEST_SHOWN = 60;

/**
 * Checks broadcasts against the class of their type in development and tests, for mistakes that the compiler can't see.
 * With `NODE_ENV=production` it does nothing, so that messages don't pay for it.
 *
 * Types without a class pass, and so do fields that the class does not declare. Asynchronous validators are ignored.
 */
@Injectable()
export class DataCheck {
  private readonly isOn: boolean;

  constructor({ isProduction }: Environment) {
    this.isOn = !isProduction;
  }

  /** @throws {InvalidBroadcastError} naming each wrong field, such as `data.resource_id` */
  expectOrgEvent(eventType: string, data: JsonObject): void {
    if (this.isOn) expectFields(data, DATA_CLASSES.orgEvents.get(eventType), 'data');
  }

  /** @throws {InvalidBroadcastError} naming each wrong field, such as `notification.task_id` */
  expectNotification(notification: JsonObject): void {
    const { type } = notification;
    if (this.isOn && typeof type === 'string') {
      expectFields(notification, DATA_CLASSES.notifications.get(type), 'notification');
    }
  }
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
