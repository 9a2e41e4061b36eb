import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiResponse, getSchemaPath } from '@nestjs/swagger';

const PROBLEMS = {
  400: 'The body or the query has fields that are not valid',
  403: 'The role does not allow this',
  404: 'There is nothing like this, or it is not for the caller',
  409: 'It does not fit with what is there',
  503: 'Something that the answer depends on is down',
} as const;

const PROBLEM_SCHEMA = {
  type: 'object',
  description: 'RFC 9457',
  required: ['type', 'title', 'status', 'detail', 'instance'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string' },
    instance: { type: 'string' },
    errors: {
      type: 'array',
      items: { type: 'object', properties: { field: { type: 'string' }, message: { type: 'string' } } },
    },
  },
};

/** Documents the problems that a route answers with, besides the 401 that all have. */
export function ApiProblems(...statuses: (keyof typeof PROBLEMS)[]): MethodDecorator {
  const answer = (status: number, description: string): MethodDecorator & ClassDecorator =>
    ApiResponse({ status, description, content: { 'application/problem+json': { schema: PROBLEM_SCHEMA } } });
  return applyDecorators(
    answer(401, 'The access token is missing or not valid'),
    ...statuses.map((status) => answer(status, PROBLEMS[status])),
  );
}

/** Documents a route that answers with a page of these. */
export function ApiPageResponse(item: Type): MethodDecorator {
  return applyDecorators(
    ApiExtraModels(item),
    ApiOkResponse({
      schema: {
        type: 'object',
        required: ['items', 'next_cursor'],
        properties: {
          items: { type: 'array', items: { $ref: getSchemaPath(item) } },
          next_cursor: {
            type: 'string',
            nullable: true,
            description: 'The `cursor` of the next page; null on the last',
          },
        },
      },
    }),
  );
}
