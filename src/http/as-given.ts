const KEY = Symbol('as given');

/**
 * Keeps a free-form property as the sender wrote it, with fields of any name. The pipe hides it from the validation libraries, which
 * would traverse it, and drop fields named like members of every object, such as `constructor`. The property's own decorators see an
 * empty value of the same kind.
 */
export function AsGiven(): PropertyDecorator {
  return (prototype, property) => {
    Reflect.defineMetadata(KEY, [...fieldsOf(prototype), String(property)], prototype);
  };
}

/** The free-form properties of an input, and the rest with empty values in their place. */
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
  // Only `AsGiven` writes it.
  return (Reflect.getMetadata(KEY, prototype) as string[] | undefined) ?? [];
}

function emptied(value: unknown): unknown {
  if (Array.isArray(value)) return [];
  return typeof value === 'object' && value !== null ? {} : value;
}
