import type { NextFunction, Request, Response } from 'express';
import { AnswerTimeoutError } from './errors.js';
import type { ProblemFilter } from './problem.filter.js';

/**
 * Answers 503 to a request that still has no answer after that time, such as when the database hangs: the client can try again,
 * instead of waiting for whatever is in front of this server to lose its patience. What the request has begun goes on. Answers
 * that have begun may take as long as they need.
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
