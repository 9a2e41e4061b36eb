import { Param, type PipeTransform, type Type } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { USER_ID_SCHEMA } from '../auth/is-user-id.decorator.js';
import { ParseUserIdPipe } from './parse-user-id.pipe.js';
import { ParseUuidPipe } from './parse-uuid.pipe.js';

/** Injects a UUID of the path in lower case, and documents it. A malformed one is 404. */
export function UuidParam(name: string, description: string): ParameterDecorator {
  return documented(name, ParseUuidPipe, { description, schema: { type: 'string', format: 'uuid' } });
}

/** Injects the user id in the path, and documents it. An impossible one is 404. */
export function UserIdParam(name: string, description: string): ParameterDecorator {
  return documented(name, ParseUserIdPipe, { description, schema: { ...USER_ID_SCHEMA, example: 'bob' } });
}

function documented(
  name: string,
  pipe: Type<PipeTransform>,
  documentation: Pick<Parameters<typeof ApiParam>[0], 'description' | 'example'> & { schema: object },
): ParameterDecorator {
  return (controller, method, index) => {
    Param(name, pipe)(controller, method, index);
    // Undefined only for a constructor's parameters.
    if (method === undefined) return;
    const handler = Object.getOwnPropertyDescriptor(controller, method);
    if (handler !== undefined) ApiParam({ name, ...documentation })(controller, method, handler);
  };
}
