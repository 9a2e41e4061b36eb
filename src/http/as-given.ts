const KEY = Symbol('as given');

/**
 * Keeps a free-form property as the sender wrote it, with fields of any name. The pipe holds it back from the libraries, which would
 * look through all of it, and drop fields that are called like something that every object has, such as `constructor`. The
 * property's own decorators see an empty value of its kind.
 */
export function AsGiven(): PropertyDecorator {
  return (prototype, property) => {
    Reflect.defineMetadata(KEY, [...fieldsOf(prototype), String(property)], prototype);
  };
}

/** What of an input is free-form, and the rest with empty values in its place. */
export interface SetApart {
  rest: Record<string, unknown>;
  given: Record<string, unknown>;
}

/** @param metatype the class of the input */
export function setApart(input: object, metatype: { prototype: object } | undefined): SetApart {
  const rest: Record<string, unknown> = { ...input };
  const given: Record<string, unknown> = {};
  for (const field of metatype === undefined ? [] : fieldsOf(metatype.prototype)) {
    if (!Object.hasOwn(rest, field)) continue;
    given[field] = rest[field];
    rest[field] = emptied(rest[field]);
  }
  return { rest, given };
}

function fieldsOf(prototype: object): string[] {
  // Only written by `AsGiven`.
  return (Reflect.getMetadata(KEY, prototype) as string[] | undefined) ?? [];
}

function emptied(value: unknown): unknown {
  if (Array.isArray(value)) return [];
  return typeof value === 'object' && value !== null ? {} : value;
}
