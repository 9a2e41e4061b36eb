import { bodiesOf, type DocumentedApi } from './documented-api.js';
import { idsInPath } from './example-request.js';

/** What a document lacks, and how to add it. */
export type Gaps = string[];

/** @param served the routes of the application, such as `GET /api/v1/orgs` */
export function routeGaps(api: DocumentedApi, served: readonly string[]): Gaps {
  const documented = api.operations.map(({ key }) => key);
  return [
    ...served
      .filter((key) => !documented.includes(key))
      .map((key) => `${key} is not documented: take @ApiExcludeEndpoint() or @ApiExcludeController() off`),
    ...documented.filter((key) => !served.includes(key)).map((key) => `${key} is documented, and not served`),
  ];
}

export function nameGaps(api: DocumentedApi): Gaps {
  const explained = api.document.tags?.map(({ name }) => name) ?? [];
  const ids = api.operations.map(({ id }) => id);
  return api.operations.flatMap(({ key, id, summary = '', tags = [] }) => [
    ...gap(/^[a-z]+([A-Z][a-z]+)+$/.test(id), `${key} is called ${id}: give its handler a name of several words`),
    ...gap(ids.filter((other) => other === id).length === 1, `${key} is not the only ${id}: rename its handler`),
    ...gap(/\w/.test(summary), `${key} has no summary: add @ApiOperation({ summary }) to its handler`),
    ...gap(
      tags.length === 1 && explained.includes(tags[0] ?? ''),
      `${key} has the tag "${tags.join()}": explain it in TAGS (src/operations/openapi.ts), or take another in @ApiTags()`,
    ),
  ]);
}

export function parameterGaps(api: DocumentedApi): Gaps {
  return api.operations.flatMap((operation) => {
    const { key, params } = operation;
    const unknown = idsInPath(operation).filter(({ name }) => !params.some((parameter) => parameter.name === name));
    return [
      ...unknown.map(({ name }) => `${key} does not document {${name}}: add ${decoratorOf(name)} to its handler`),
      ...params.flatMap(({ name, description = '', example, schema = {} }) => [
        ...gap(/\w/.test(description), `${key} does not describe ${name}: give its decorator a description`),
        ...api
          .mistakesIn(example, schema)
          .map((mistake) => `${key}, ${name}: the example is not as its schema: ${mistake}`),
      ]),
    ];
  });
}

function decoratorOf(name: string): string {
  return name === 'org_id' ? '@ForMembers()' : '@UuidParam(), @UserIdParam() or @ApiParam()';
}

export function bodyGaps(api: DocumentedApi): Gaps {
  return api.operations.flatMap((operation) =>
    bodiesOf(operation).flatMap(([where, { schema, example }]) => {
      const body = `${operation.key}, ${where}`;
      return [
        ...gap(schema !== undefined, `${body}: there is no schema: give its decorator a type`),
        ...gap(example !== undefined, `${body}: there is no example: give the properties of its class some`),
        ...api
          .mistakesIn(example, schema ?? {})
          .map((mistake) => `${body}: the example is not as its schema: ${mistake}`),
      ];
    }),
  );
}

/** Examples of whole bodies are built from those of their properties. */
export function propertyGaps(api: DocumentedApi): Gaps {
  // Examples of problems are built from the routes that return them.
  const schemas = Object.entries(api.document.components?.schemas ?? {}).filter(([name]) => name !== 'Problem');
  return schemas.flatMap(([name, schema]) =>
    Object.entries(api.schemaOf(schema).properties ?? {})
      .filter(([, property]) => !/"(example|default|enum|format|\$ref)":/.test(JSON.stringify(property)))
      .map(([property]) => `${name}.${property} has no example: add one to its @ApiProperty`),
  );
}

/** Objects whose properties are not documented. */
export function objectGaps(api: DocumentedApi): Gaps {
  const vague: Gaps = [];
  JSON.stringify(api.document, (key, value: unknown) => {
    const isObject = typeof value === 'object' && value !== null && 'type' in value && value.type === 'object';
    if (isObject && !('properties' in value) && !('additionalProperties' in value)) {
      vague.push(`${key} is an object of anything: give it a class, or say so by additionalProperties`);
    }
    return value;
  });
  return vague;
}

function gap(isFilled: boolean, words: string): Gaps {
  return isFilled ? [] : [words];
}
