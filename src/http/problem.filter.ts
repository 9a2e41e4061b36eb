import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { LineBudget } from '../realtime/support/line-budget.js';
import { problemOf } from './problem.js';

const RETRY_AFTER_SECONDS = '5';
/** Log lines a second about server errors: while something is down, every request may fail. */
const LINES = 20;

/** Answers every failed HTTP request with problem details, and logs server errors. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);
  private readonly budget = new LineBudget(LINES, (summary) => this.logger.warn(`Failures: ${summary}`));

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const http = host.switchToHttp();
    this.answer(error, http.getRequest<Request>(), http.getResponse<Response>());
  }

  answer(error: unknown, request: Request, response: Response): void {
    const problem = problemOf(error, request);
    // Nobody is left to answer, and the error is probably a result of the disconnection.
    if (request.socket.destroyed) {
      this.logger.debug(`${request.method} ${problem.instance}: the client went away`);
      return;
    }
    // The answer deadline has already answered it.
    if (response.writableEnded) {
      this.logger.debug(`${request.method} ${problem.instance} failed after its answer: ${String(error)}`);
      return;
    }
    if (problem.status >= 500) this.log(error, `${request.method} ${problem.instance}`, problem.status);
    if (response.headersSent) {
      // Part of the answer was sent: cut the connection, so that the client can't take it for complete.
      response.destroy();
      return;
    }
    if (problem.status === 503) response.setHeader('Retry-After', RETRY_AFTER_SECONDS);
    // Headers that the handler set for its own answer, such as a download, must not describe this one.
    for (const header of ['Content-Disposition', 'Content-Length', 'Content-Encoding']) response.removeHeader(header);
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  }

  private log(error: unknown, what: string, status: number): void {
    if (!this.budget.take(`${status} ${error instanceof Error ? error.name : typeof error}`)) return;
    if (status === 503) {
      this.logger.warn(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    } else {
      this.logger.error(what, error instanceof Error ? error.stack : String(error));
    }
  }
}
