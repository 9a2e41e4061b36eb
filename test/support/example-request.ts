import type { Operation } from './documented-api.js';

/** The ids of things that exist, by the names that paths, queries and bodies have for them. */
export type Ids = Readonly<Record<string, string>>;

/** Puts ids into a path as they are: encoding them is the caller's business. */
export function pathOf({ path }: Pick<Operation, 'path'>, ids: Ids): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const id = ids[name];
    if (id === undefined) throw new Error(`${path}: there is no id for {${name}}`);
    return id;
  });
}

/** The names of the ids in an operation's path, and whether they are documented as UUIDs. */
export function idsInPath({ path, params }: Operation): { name: string; isUuid: boolean }[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const { schema = {} } = params.find((parameter) => parameter.in === 'path' && parameter.name === name) ?? {};
    return { name, isUuid: 'format' in schema && schema.format === 'uuid' };
  });
}

/** The example of an operation's body, with ids that exist in the place of the example's. */
export function bodyOf({ body }: Operation, ids: Ids): Record<string, unknown> | null {
  if (body === null) return null;
  return Object.fromEntries(Object.entries(body.example).map(([name, value]) => [name, ids[name] ?? value]));
}

/** The examples of all that an operation's query can have. */
export function queryOf(operation: Operation, ids: Ids): string {
  const query = parametersIn('query', operation).map(([name, value]): [string, string] => [name, ids[name] ?? value]);
  return String(new URLSearchParams(query));
}

export function headersOf(operation: Operation): Record<string, string> {
  return Object.fromEntries(parametersIn('header', operation));
}

/** What a query or a body can name. */
export function fieldsOf(operation: Operation): string[] {
  return [...parametersIn('query', operation).map(([name]) => name), ...Object.keys(operation.body?.example ?? {})];
}

function parametersIn(place: string, { params }: Operation): [name: string, example: string][] {
  return params.filter((parameter) => parameter.in === place).map(({ name, example }) => [name, String(example)]);
}
