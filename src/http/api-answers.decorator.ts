import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, ApiResponse, getSchemaPath } from '@nestjs/swagger';

const PROBLEMS = {
  400: 'The body or the query has fields that are not valid',
  403: 'The role does not allow this',
  404: 'There is nothing like this, or it is not for the caller',
  409: 'It does not fit with what is there',
  503: 'Something that the answer depends on is down',
} as const;

/**
 * Documents the problems that a route answers with, besides the 401 and 429 that all have. What a problem looks like stands once in
 * the document, as every route's default answer.
 */
export function ApiProblems(...statuses: (keyof typeof PROBLEMS)[]): MethodDecorator {
  return applyDecorators(
    ApiResponse({ status: 401, description: 'The access token is missing or not valid' }),
    ApiResponse({ status: 429, description: 'Too many requests; `Retry-After` says for how many seconds' }),
    ...statuses.map((status) => ApiResponse({ status, description: PROBLEMS[status] })),
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
