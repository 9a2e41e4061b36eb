import { InvalidInputError } from '../realtime/support/errors.js';
import { validationPipe } from './validation.pipe.js';

const pipe = validationPipe();

/**
 * Reads the items of a list that the pipe leaves as given, each like a body of its own.
 * @param field the list's name in errors
 * @param most how many it may hold
 * @throws {InvalidInputError} naming the list, or a field of an item, such as `events.3.event_type`
 */
export async function itemsOf<T extends object>(
  list: readonly unknown[],
  field: string,
  most: number,
  itemClass: new () => T,
): Promise<T[]> {
  expectSize(list, field, most);
  const items: T[] = [];
  for (const [n, item] of list.entries()) {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) throw invalidList(field, 'objects', most);
    items.push(await read(item, `${field}.${n}`, itemClass));
  }
  return items;
}

/** @throws {InvalidInputError} if a list of texts has no items, too many, or one that is not valid */
export function expectTexts(
  list: readonly unknown[],
  field: string,
  most: number,
  { isValid, rule }: { isValid: (item: unknown) => boolean; rule: string },
): void {
  expectSize(list, field, most);
  if (!list.every(isValid)) throw new InvalidInputError([{ field, message: `each item of ${field} must be ${rule}` }]);
}

async function read<T extends object>(item: object, path: string, itemClass: new () => T): Promise<T> {
  try {
    // The pipe returns an instance of the class.
    return (await pipe.transform(item, { type: 'body', metatype: itemClass })) as T;
  } catch (error) {
    throw error instanceof InvalidInputError ? error.under(path) : error;
  }
}

function expectSize(list: readonly unknown[], field: string, most: number): void {
  if (list.length < 1 || list.length > most) throw invalidList(field, 'items', most);
}

function invalidList(field: string, what: string, most: number): InvalidInputError {
  return new InvalidInputError([{ field, message: `${field} must be a list of 1 to ${most} ${what}` }]);
}
