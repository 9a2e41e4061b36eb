import type { DocumentedApi, Operation, Schema } from './documented-api.js';

/** Values that a schema forbids. */
function wrongValues({ type, enum: values, maxLength, minLength = 0, format, pattern, ...schema }: Schema): unknown[] {
  if (type === 'integer') return ['many', 1.5, ...[schema.minimum, schema.maximum].flatMap(beyond)];
  if (type === 'array') {
    const { items, maxItems } = schema;
    const tooMany = maxItems === undefined ? [] : [Array.from({ length: maxItems + 1 }, () => 'x')];
    return ['text', ...tooMany, ...wrongValues(items as Schema).map((value) => [value])];
  }
  if (type === 'object') return ['text', []];
  return [
    5,
    ...(values === undefined && format === undefined && pattern === undefined ? [] : ['nonsense']),
    ...(maxLength === undefined ? [] : ['x'.repeat(maxLength + 1)]),
    ...(minLength === 0 ? [] : ['']),
    ...(schema.not !== undefined && 'enum' in schema.not ? (schema.not.enum ?? []) : []),
  ];
}

/** Values at the limits of a schema. */
function rightValues({ type, enum: values, maxLength, minLength, minimum, maximum, ...schema }: Schema): unknown[] {
  const limits = type === 'integer' ? [minimum, maximum].filter((limit) => limit !== undefined) : [];
  // A string with a format or pattern is covered by its example.
  const isPlain = type === 'string' && schema.format === undefined && schema.pattern === undefined;
  const lengths = isPlain
    ? [minLength, maxLength].flatMap((length) => (length === undefined ? [] : ['x'.repeat(length)]))
    : [];
  return [...limits, ...lengths, ...((values ?? []) as unknown[]), ...(schema.nullable === true ? [null] : [])];
}

function beyond(limit: number | undefined, index: number): number[] {
  return limit === undefined ? [] : [index === 0 ? limit - 1 : limit + 1];
}

/** Bodies that the schema forbids, each with one invalid field. */
export function wrongBodies(api: DocumentedApi, { body }: Operation): { field: string; body: object }[] {
  if (body === null) return [];
  return wrongFields(api, body.schema, body.example);
}

function wrongFields(
  api: DocumentedApi,
  schema: Schema,
  example: Record<string, unknown>,
): { field: string; body: object }[] {
  const { properties = {}, required = [] } = api.schemaOf(schema);
  return Object.entries(properties as Record<string, Schema>).flatMap(([field, property]) => {
    const { [field]: own, ...rest } = example;
    const values = wrongValues(property).map((value) => ({ field, body: { ...example, [field]: value } }));
    const inner = property.properties === undefined ? [] : wrongFields(api, property, own as Record<string, unknown>);
    return [
      ...values,
      ...inner.map((wrong) => ({ field: `${field}.${wrong.field}`, body: { ...example, [field]: wrong.body } })),
      ...(required.includes(field) ? [{ field, body: rest }] : []),
    ];
  });
}

/** Bodies at the limits of the schema, one field at a time. */
export function extremeBodies(api: DocumentedApi, { body }: Operation): object[] {
  if (body === null) return [];
  const properties = Object.entries((api.schemaOf(body.schema).properties ?? {}) as Record<string, Schema>);
  return properties.flatMap(([field, property]) =>
    rightValues(property).map((value) => ({ ...body.example, [field]: value })),
  );
}

/** Queries that the schemas forbid, each with one invalid parameter. Query values are strings. */
export function wrongQueries({ params }: Operation): { field: string; query: string }[] {
  return params
    .filter((parameter) => parameter.in === 'query')
    .flatMap(({ name, schema }) =>
      wrongValues(schema as Schema)
        .filter((value) => typeof value === 'string' || (schema as Schema).type === 'integer')
        .map((value) => ({ field: name, query: `${name}=${encodeURIComponent(String(value))}` })),
    );
}
