import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { KeysUnavailableError } from '../auth/token-errors.js';
import { isDatabaseUnavailable } from '../database/unavailable.js';
import { isWriteConflict } from '../database/write-conflict.js';
import { AnswerTimeoutError, type FieldError, InvalidInputError, UnavailableError } from './errors.js';
import { requestPath } from './request-path.js';

/** What a client is told when a request fails: RFC 9457. */
export interface Problem {
  type: 'about:blank';
  title: string;
  status: number;
  detail: string;
  /** The path that was asked for. Never the query: it may hold a token. */
  instance: string;
  errors?: readonly FieldError[];
}

/** The request as far as a problem tells of it. */
export interface ProblemRequest {
  method: string;
  originalUrl: string;
}

/** Puts any error into the words of RFC 9457. Errors that nobody foresaw give a bare 500. */
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
  // A path whose escapes can't be decoded names nothing.
  if (origin instanceof URIError) return tell(404, `There is no ${request.method} ${instance}.`);
  // Its own words repeat the text that is no JSON.
  if (isClientError(origin) && origin.status === 400) {
    return {
      ...tell(400, 'The body is no JSON object or list.'),
      errors: [{ field: 'body', message: 'must be a JSON object or list' }],
    };
  }
  if (isClientError(origin)) return tell(origin.status, `${sentence(origin.message)}.`);
  // After the client's errors: theirs can have the code of a lost connection too.
  if (isDatabaseUnavailable(error)) return tell(503, 'The database is not available; try again later.');
  if (isWriteConflict(error)) return tell(409, 'Another change came in between; try again.');
  return tell(500, 'Something went wrong here; it was logged.');
}

function detailOf(error: HttpException, { method, originalUrl }: ProblemRequest, instance: string): string {
  // Nest's own words for an unknown route repeat the query.
  if (error.message === `Cannot ${method} ${originalUrl}`) return `There is no ${method} ${instance}.`;
  const body = error.getResponse();
  const messages = typeof body === 'object' && 'message' in body ? body.message : null;
  return Array.isArray(messages) ? messages.join('; ') : error.message;
}

/** What an exception was made of by Nest, where it is one of Express's own errors: that still tells what kind it is. */
function originOf(error: unknown): unknown {
  return error instanceof HttpException && isClientError(error.cause) ? error.cause : error;
}

/** An error of Express or of its body parser about the request, such as a body that is too large, in words that may be told. */
function isClientError(error: unknown): error is { status: number; message: string } {
  if (typeof error !== 'object' || error === null || error instanceof HttpException) return false;
  if (!('status' in error) || !('message' in error) || ('expose' in error && error.expose === false)) return false;
  const { status, message } = error;
  return typeof message === 'string' && typeof status === 'number' && status >= 400 && status < 500;
}

function sentence(message: string): string {
  return message.charAt(0).toUpperCase() + message.slice(1).replace(/\.$/, '');
}
