import type { NextFunction, Request, Response } from 'express';
import { AnswerTimeoutError } from '../realtime/support/errors.js';
import type { ProblemFilter } from './problem.filter.js';

/**
 * Answers 503 to a request that has no answer by the deadline, for example because the database hangs, so that the client can retry
 * before a proxy times out. The work of the request continues. An answer that has begun may take as long as it needs.
 */
export function answerDeadline(deadlineMs: number, filter: ProblemFilter) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const timer = setTimeout(() => {
      if (!response.headersSent) filter.answer(new AnswerTimeoutError(deadlineMs), request, response);
    }, deadlineMs);
    response.once('close', () => clearTimeout(timer));
    next();
  };
}
