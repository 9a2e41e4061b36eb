import { Param, type PipeTransform, type Type } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { USER_ID_SCHEMA } from '../auth/is-user-id.decorator.js';
import { ParseUserIdPipe } from './parse-user-id.pipe.js';
import { ParseUuidPipe } from './parse-uuid.pipe.js';

/** Gives a handler a UUID of its path, in lower case, and documents it. A malformed one is 404. */
export function UuidParam(name: string, description: string): ParameterDecorator {
  return documented(name, ParseUuidPipe, { description, schema: { type: 'string', format: 'uuid' } });
}

/** Gives a handler the user id of its path, and documents it. One that nobody can have is 404. */
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
    // Only a constructor's parameters belong to no method, and this is for handlers.
    if (method === undefined) return;
    const handler = Object.getOwnPropertyDescriptor(controller, method);
    if (handler !== undefined) ApiParam({ name, ...documentation })(controller, method, handler);
  };
}
