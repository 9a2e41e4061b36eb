import { STATUS_CODES } from 'node:http';
import { Reflector } from '@nestjs/core';
import type { MediaTypeObject, OpenAPIObject, OperationObject, ParameterObject } from '@nestjs/swagger';
import { IS_PUBLIC } from '../auth/public.decorator.js';
import { describeProblems } from './openapi-problems.js';
import type { DecoratedRoute } from './openapi-routes.js';
import type { Schemas } from './openapi-schemas.js';

/** The metadata key that `@SkipThrottle()` sets: a constant that the package does not export, and the default throttler's name. */
const SKIPS_RATE_LIMIT = 'THROTTLER:SKIPdefault';

/** Names the connection that caused the change. Read in one place for all routes. */
const CONNECTION_ID: ParameterObject = {
  name: 'X-Connection-Id',
  in: 'header',
  required: false,
  schema: { type: 'string', format: 'uuid' },
  description:
    "The `connection_id` from the welcome of one of the caller's own connections: events that the call causes are not sent to it",
};

/** Adds to each route what follows from its kind, so that no route has to repeat it, or can forget it. */
export function completeOperations(
  document: OpenAPIObject,
  schemas: Schemas,
  routes: Map<string, DecoratedRoute>,
): void {
  const reflector = new Reflector();
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of ['get', 'post', 'put', 'patch', 'delete'] as const) {
      const operation = item[method];
      if (operation === undefined) continue;
      const route = routes.get(operation.operationId ?? '') ?? [];
      const has = (key: string): boolean => reflector.getAllAndOverride<boolean | undefined>(key, [...route]) ?? false;
      const isPublic = has(IS_PUBLIC);
      if (isPublic) operation.security = [];
      const parameters = (operation.parameters ?? []).filter((parameter) => 'name' in parameter);
      if (!isPublic && method !== 'get') parameters.push(CONNECTION_ID);
      operation.parameters = inOrder(parameters, path).map((parameter) => withExample(parameter, schemas));
      const traits = { isPublic, isRateLimited: !has(SKIPS_RATE_LIMIT) };
      describeProblems(operation, { path, method: method.toUpperCase(), ...traits });
      completeBodies(operation, schemas);
    }
  }
}

/** Path parameters in their order in the path, then the query's, then headers. */
function inOrder(parameters: readonly ParameterObject[], path: string): ParameterObject[] {
  const rank = (parameter: ParameterObject): number =>
    parameter.in === 'path'
      ? path.indexOf(`{${parameter.name}}`)
      : path.length + ['query', 'header'].indexOf(parameter.in);
  return parameters.toSorted((one, other) => rank(one) - rank(other));
}

function withExample(parameter: ParameterObject, schemas: Schemas): ParameterObject {
  return { ...parameter, example: (parameter.example ?? schemas.exampleOf(parameter.schema ?? {})) as unknown };
}

function completeBodies({ requestBody, responses }: OperationObject, schemas: Schemas): void {
  if (requestBody !== undefined && 'content' in requestBody) {
    const contents = Object.values(requestBody.content);
    requestBody.required = contents.some(({ schema = {} }) => schemas.isNeeded(schema));
    addExamples(contents, schemas);
  }
  for (const [status, response] of Object.entries(responses)) {
    if (response === undefined || '$ref' in response) continue;
    response.description ||= STATUS_CODES[status] ?? '';
    addExamples(Object.values(response.content ?? {}), schemas);
  }
}

function addExamples(contents: readonly MediaTypeObject[], schemas: Schemas): void {
  for (const content of contents) {
    if (content.examples === undefined) content.example ??= schemas.exampleOf(content.schema ?? {});
  }
}
