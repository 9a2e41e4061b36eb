import type {
  MediaTypeObject,
  OpenAPIObject,
  OperationObject,
  ParameterObject,
  RequestBodyObject,
  SchemaObject,
} from '@nestjs/swagger';
import { Ajv, type ValidateFunction } from 'ajv';
import addFormats from 'ajv-formats';
import type { ApiAnswer } from './api-client.js';

/** A schema of the document; its references point only to other schemas. */
export type Schema = SchemaObject & { $ref?: string };

/** An operation of the document, with the parts that tests need. */
export interface Operation extends OperationObject {
  id: string;
  method: string;
  path: string;
  /** Its method and path. */
  key: string;
  params: ParameterObject[];
  /** The JSON request body, if any. */
  body: { schema: Schema; example: Record<string, unknown>; isRequired: boolean } | null;
  statuses: number[];
}

/** The OpenAPI document, with checks of values and answers against it. */
export class DocumentedApi {
  readonly operations: readonly Operation[];
  private readonly ajv = new Ajv({ strict: false, allErrors: true });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(readonly document: OpenAPIObject) {
    addFormats.default(this.ajv);
    this.ajv.addSchema({ $id: 'api', components: closed(document.components) });
    this.operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item as Record<string, OperationObject>).map(([method, operation]) =>
        operationOf(method.toUpperCase(), path, operation),
      ),
    );
  }

  static async of({ url }: { url: string }): Promise<DocumentedApi> {
    const response = await fetch(`${url}/docs/openapi.json`);
    return new DocumentedApi((await response.json()) as OpenAPIObject);
  }

  find(method: string, path: string): Operation | undefined {
    return this.operations.find((operation) => operation.method === method && operation.path === path);
  }

  /** The schema itself, or the one it refers to. */
  schemaOf(schema: Schema): Schema {
    const name = schema.$ref?.split('/').at(-1);
    return name === undefined ? schema : (this.document.components?.schemas?.[name] as Schema);
  }

  /** The mismatches between a value and its schema; undocumented fields count as mismatches. */
  mistakesIn(value: unknown, schema: Schema): string[] {
    const text = JSON.stringify(closed(schema)).replaceAll('"#/', '"api#/');
    const validate = this.validators.get(text) ?? this.ajv.compile(JSON.parse(text) as object);
    this.validators.set(text, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      `${instancePath} ${message ?? ''} ${JSON.stringify(params)}`.trim(),
    );
  }

  /** The mismatches of an answer: an undocumented status, a missing header, or a body that does not match. */
  mistakesOfAnswer(operation: Operation, { status, headers, body }: ApiAnswer): string[] {
    const response = operation.responses[status];
    if (response === undefined || '$ref' in response) {
      return [`the status ${status} is not documented: see "Add a route" in the README, if it is meant`];
    }
    const missing = Object.keys(response.headers ?? {}).filter((name) => !headers.has(name));
    const mistakes = missing.map((name) => `the header ${name} is missing`);
    const type = headers.get('content-type')?.split(';')[0] ?? '';
    if (response.content === undefined) {
      return [
        ...mistakes,
        ...(body === '' ? [] : [`the body is not documented: give @ApiOkResponse() or alike a type`]),
      ];
    }
    const media = response.content[type];
    if (media === undefined) return [...mistakes, `the content type ${type} is not documented`];
    return [...mistakes, ...this.mistakesIn(body, media.schema ?? {})];
  }
}

/** The request and response bodies of an operation, and where they are documented. */
export function bodiesOf({ requestBody, responses }: OperationObject): [where: string, body: MediaTypeObject][] {
  return Object.entries({ request: requestBody, ...responses }).flatMap(([where, holder]) =>
    holder === undefined || '$ref' in holder
      ? []
      : Object.entries(holder.content ?? {}).map(([type, body]): [string, MediaTypeObject] => [
          `${where} ${type}`,
          body,
        ]),
  );
}

/** The documented example of a problem with this status. */
export function problemExample({ responses }: OperationObject, status: number): Record<string, unknown> {
  const response = responses[status];
  if (response === undefined || '$ref' in response) throw new Error(`${status} is not documented`);
  return response.content?.['application/problem+json']?.example as Record<string, unknown>;
}

function operationOf(method: string, path: string, operation: OperationObject): Operation {
  const { requestBody, parameters = [], responses, operationId = '' } = operation;
  return {
    ...operation,
    id: operationId,
    method,
    path,
    key: `${method} ${path}`,
    params: parameters.filter((parameter) => 'name' in parameter),
    body: requestBody !== undefined && 'content' in requestBody ? jsonBodyOf(requestBody) : null,
    statuses: Object.keys(responses).map(Number),
  };
}

function jsonBodyOf({ content, required = false }: RequestBodyObject): Operation['body'] {
  const { schema = {}, example } = content['application/json'] ?? {};
  return { schema, example: example as Record<string, unknown>, isRequired: required };
}

/** A copy whose objects allow no undocumented fields, unless documented as open. */
function closed<T>(value: T): T {
  if (Array.isArray(value)) return value.map(closed) as T;
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, closed(item as unknown)]));
  const isClosed = copy.type === 'object' && !('additionalProperties' in copy);
  return (isClosed ? { ...copy, additionalProperties: false } : copy) as T;
}
