import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { KeysUnavailableError } from '../auth/token-errors.js';
import { isDatabaseUnavailable } from '../database/unavailable.js';
import { isLockTimeout, isWriteConflict } from '../database/write-conflict.js';
import {
  AnswerTimeoutError,
  type FieldError,
  InvalidInputError,
  UnavailableError,
} from '../realtime/support/errors.js';
import { requestPath } from './request-path.js';

/** The body of the answer to a failed request (RFC 9457). */
export interface Problem {
  type: 'about:blank';
  title: string;
  status: number;
  detail: string;
  /** The requested path, without the query, which may hold a token. */
  instance: string;
  errors?: readonly FieldError[];
}

/** The parts of a request that a problem shows. */
export interface ProblemRequest {
  method: string;
  originalUrl: string;
}

/** Turns any error into a problem. Unexpected errors become a 500 without details. */
export function problemOf(error: unknown, request: ProblemRequest): Problem {
  const instance = requestPath(request.originalUrl);
  const tell = (status: number, detail: string): Problem => ({
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    detail,
    instance,
  });
  const origin = originOf(error);
  if (origin instanceof InvalidInputError) {
    return { ...tell(400, 'The request has fields that are not valid.'), errors: origin.errors };
  }
  if (error instanceof UnavailableError) return tell(503, `${error.dependency} is not available; try again later.`);
  if (error instanceof AnswerTimeoutError) return tell(503, `${error.message}; try again later.`);
  if (error instanceof KeysUnavailableError) return tell(503, `${error.message}; try again later.`);
  if (origin instanceof HttpException) return tell(origin.getStatus(), detailOf(origin, request, instance));
  // The escapes of the path can't be decoded, so nothing can be there.
  if (origin instanceof URIError) return tell(404, `There is no ${request.method} ${instance}.`);
  // Not the parser's own message, which repeats the invalid text.
  if (isClientError(origin) && origin.status === 400) {
    return {
      ...tell(400, 'The body is not a JSON object or list.'),
      errors: [{ field: 'body', message: 'must be a JSON object or list' }],
    };
  }
  if (isClientError(origin)) return tell(origin.status, `${sentence(origin.message)}.`);
  // After client errors, which can also have the code of a lost connection.
  if (isDatabaseUnavailable(error)) return tell(503, 'The database is not available; try again later.');
  if (isLockTimeout(error)) return tell(503, 'Too many others are changing the same; try again later.');
  if (isWriteConflict(error)) return tell(409, 'Another change came in between; try again.');
  return tell(500, 'Something went wrong here; it was logged.');
}

function detailOf(error: HttpException, { method, originalUrl }: ProblemRequest, instance: string): string {
  // Nest's own message for an unknown route repeats the query.
  if (error.message === `Cannot ${method} ${originalUrl}`) return `There is no ${method} ${instance}.`;
  const body = error.getResponse();
  const messages = typeof body === 'object' && 'message' in body ? body.message : null;
  return Array.isArray(messages) ? messages.join('; ') : error.message;
}

/** The Express error that Nest wrapped in an exception, if any: it tells what went wrong. */
function originOf(error: unknown): unknown {
  return error instanceof HttpException && isClientError(error.cause) ? error.cause : error;
}

/** A client error of Express or its body parser, such as a body that is too large, whose message may be shown. */
function isClientError(error: unknown): error is { status: number; message: string } {
  if (typeof error !== 'object' || error === null || error instanceof HttpException) return false;
  if (!('status' in error) || !('message' in error) || ('expose' in error && error.expose === false)) return false;
  const { status, message } = error;
  return typeof message === 'string' && typeof status === 'number' && status >= 400 && status < 500;
}

function sentence(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1).replace(/\.$/, '');
}
