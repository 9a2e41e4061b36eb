import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiOkResponse, getSchemaPath } from '@nestjs/swagger';
import { CURSOR_EXAMPLE } from './pagination.js';

/** Documents a route that answers with a page of these items. */
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
            example: CURSOR_EXAMPLE,
            description: 'The `cursor` of the next page; null on the last',
          },
        },
      },
    }),
  );
}
