import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import type { HeadersObject, OperationObject, ResponseObject } from '@nestjs/swagger';
import { InvalidInputError } from '../realtime/support/errors.js';
import { problemOf, type ProblemRequest } from '../http/problem.js';

const PROBLEM_TYPE = 'application/problem+json';

/** The schema of every problem (RFC 9457). */
export const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'What went wrong (RFC 9457)',
  required: ['type', 'title', 'status', 'detail', 'instance'],
  properties: {
    type: { type: 'string', enum: ['about:blank'] },
    title: { type: 'string', example: 'Not Found', description: 'The meaning of the status' },
    status: { type: 'integer', minimum: 400, maximum: 599, example: 404 },
    detail: { type: 'string', example: 'There is nothing with this id.', description: 'What went wrong this time' },
    instance: { type: 'string', example: '/api/v1/orgs/nonsense', description: 'The requested path' },
    errors: {
      type: 'array',
      description: 'With status 400: the errors of each field',
      items: {
        type: 'object',
        required: ['field', 'message'],
        properties: {
          field: { type: 'string', example: 'name', description: 'Its path, such as `notification.title`' },
          message: { type: 'string', example: 'name must be a text of 1 to 200 characters' },
        },
      },
    },
  },
};

/** An example of field errors: a field that no route knows. */
const UNKNOWN_FIELD = new InvalidInputError([{ field: 'colour', message: 'colour is not a field that is known here' }]);

const RETRY_AFTER = { schema: { type: 'integer' }, example: 5, description: 'Seconds to wait before trying again' };

const HEADERS: Readonly<Record<number, HeadersObject>> = {
  401: { 'WWW-Authenticate': { schema: { type: 'string' }, example: 'Bearer' } },
  429: { 'Retry-After': RETRY_AFTER },
  503: { 'Retry-After': RETRY_AFTER },
};

/** The traits of a route that determine its problems. */
export interface RouteTraits {
  path: string;
  method: string;
  isPublic: boolean;
  isRateLimited: boolean;
}

/**
 * Documents the problems that follow from a route's traits: it requires a token, has ids in its path, takes a body or a query. Those
 * that only the route itself knows (403, 409) are decorated on it, and get their schema here.
 */
export function describeProblems(operation: OperationObject, route: RouteTraits): void {
  operation.responses = { ...problemsOf(operation, route), ...operation.responses };
  for (const [status, response] of Object.entries(operation.responses)) {
    if (Number(status) < 400 || response === undefined || '$ref' in response || response.content) continue;
    Object.assign(response, problem(Number(status), response.description, requestOf(operation, route)));
  }
}

function problemsOf(
  operation: OperationObject,
  { path, isPublic, isRateLimited }: RouteTraits,
): Record<number, ResponseObject> {
  const takesBody = operation.requestBody !== undefined;
  const takesQuery = operation.parameters?.some((parameter) => 'in' in parameter && parameter.in === 'query') ?? false;
  const descriptions: [status: number, isPossible: boolean, description: string][] = [
    [400, takesBody || takesQuery, 'The request has fields that are not valid.'],
    [401, !isPublic, 'The access token is missing, not valid, or has expired.'],
    [404, path.includes('{'), 'There is nothing with this id, or the caller has no access to it.'],
    [413, takesBody, 'The body is larger than 256 KiB.'],
    [415, takesBody, 'A body must be JSON, with Content-Type: application/json.'],
    [429, isRateLimited, 'Too many requests.'],
    [503, !isPublic, 'Something that the answer depends on is down; try again later.'],
  ];
  const possible = descriptions.filter(([, isPossible]) => isPossible);
  return Object.fromEntries(possible.map(([status, , description]) => [status, { description }]));
}

function problem(status: number, description: string, request: ProblemRequest): Partial<ResponseObject> {
  const example = problemOf(status === 400 ? UNKNOWN_FIELD : new HttpException(description, status), request);
  return {
    description: description || (STATUS_CODES[status] ?? ''),
    ...(HEADERS[status] && { headers: HEADERS[status] }),
    content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' }, example } },
  };
}

/** A request to the path with the examples of its parameters. */
function requestOf({ parameters = [] }: OperationObject, { method, path }: RouteTraits): ProblemRequest {
  const examples = parameters.flatMap((parameter) => ('in' in parameter && parameter.in === 'path' ? [parameter] : []));
  const originalUrl = examples.reduce((url, { name, example }) => url.replace(`{${name}}`, String(example)), path);
  return { method, originalUrl };
}
