import type { Operation } from './documented-api.js';

/** Ids of existing things, by the names that paths, queries and bodies use for them. */
export type Ids = Readonly<Record<string, string>>;

/** Inserts ids into a path verbatim; the caller must encode them. */
export function pathOf({ path }: Pick<Operation, 'path'>, ids: Ids): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const id = ids[name];
    if (id === undefined) throw new Error(`${path}: there is no id for {${name}}`);
    return id;
  });
}

/** The ids in an operation's path, and whether they are documented as UUIDs. */
export function idsInPath({ path, params }: Operation): { name: string; isUuid: boolean }[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => {
    const { schema = {} } = params.find((parameter) => parameter.in === 'path' && parameter.name === name) ?? {};
    return { name, isUuid: 'format' in schema && schema.format === 'uuid' };
  });
}

/** The example of an operation's body, with existing ids. */
export function bodyOf({ body }: Operation, ids: Ids): Record<string, unknown> | null {
  if (body === null) return null;
  return Object.fromEntries(Object.entries(body.example).map(([name, value]) => [name, ids[name] ?? value]));
}

/** The examples of all query parameters of an operation. */
export function queryOf(operation: Operation, ids: Ids): string {
  const query = parametersIn('query', operation).map(([name, value]): [string, string] => [name, ids[name] ?? value]);
  return String(new URLSearchParams(query));
}

export function headersOf(operation: Operation): Record<string, string> {
  return Object.fromEntries(parametersIn('header', operation));
}

/** The fields in an operation's query or body. */
export function fieldsOf(operation: Operation): string[] {
  return [...parametersIn('query', operation).map(([name]) => name), ...Object.keys(operation.body?.example ?? {})];
}

function parametersIn(place: string, { params }: Operation): [name: string, example: string][] {
  return params.filter((parameter) => parameter.in === place).map(({ name, example }) => [name, String(example)]);
}
