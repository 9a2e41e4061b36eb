import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import type { HeadersObject, OperationObject, ResponseObject } from '@nestjs/swagger';
import { InvalidInputError } from '../http/errors.js';
import { problemOf, type ProblemRequest } from '../http/problem.js';

const PROBLEM_TYPE = 'application/problem+json';

/** How every problem looks: RFC 9457. */
export const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'What went wrong (RFC 9457)',
  required: ['type', 'title', 'status', 'detail', 'instance'],
  properties: {
    type: { type: 'string', enum: ['about:blank'] },
    title: { type: 'string', example: 'Not Found', description: 'What the status means' },
    status: { type: 'integer', minimum: 400, maximum: 599, example: 404 },
    detail: { type: 'string', example: 'There is nothing with this id.', description: 'What went wrong this time' },
    instance: { type: 'string', example: '/api/v1/orgs/nonsense', description: 'The path that was asked for' },
    errors: {
      type: 'array',
      description: 'With status 400: what is wrong with which field',
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

/** What a client is told of the fields that it got wrong: here of one that is not known anywhere. */
const UNKNOWN_FIELD = new InvalidInputError([{ field: 'colour', message: 'colour is not a field that is known here' }]);

const RETRY_AFTER = { schema: { type: 'integer' }, example: 5, description: 'Seconds to wait before trying again' };

const HEADERS: Readonly<Record<number, HeadersObject>> = {
  401: { 'WWW-Authenticate': { schema: { type: 'string' }, example: 'Bearer' } },
  429: { 'Retry-After': RETRY_AFTER },
  503: { 'Retry-After': RETRY_AFTER },
};

/** What is known of a route before its own words are read. */
export interface RouteTraits {
  path: string;
  method: string;
  isPublic: boolean;
  isRateLimited: boolean;
}

/**
 * Documents the problems that a route has because of what it is: it asks for a token, has ids in its path, takes a body or a
 * query. Those that only the route itself can know of (403, 409) are decorated on it; here they get their form.
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
    [404, path.includes('{'), 'There is nothing with this id, or it is not for the caller.'],
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

/** The request with the examples of its path. */
function requestOf({ parameters = [] }: OperationObject, { method, path }: RouteTraits): ProblemRequest {
  const examples = parameters.flatMap((parameter) => ('in' in parameter && parameter.in === 'path' ? [parameter] : []));
  const originalUrl = examples.reduce((url, { name, example }) => url.replace(`{${name}}`, String(example)), path);
  return { method, originalUrl };
}
