import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { type HttpLogger, pinoHttp } from 'pino-http';
import { requestPath } from '../http/request-path.js';

/** HTTP middleware: one line a request, when it is answered. No headers and no query: both carry tokens. */
export function requestLog(logger: Logger): HttpLogger {
  return pinoHttp({
    logger,
    quietReqLogger: true,
    autoLogging: { ignore: (request) => pathOf(request).startsWith('/health/') },
    serializers: { req: requestLine, res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }) },
    wrapSerializers: false,
    customLogLevel: (_request, response, error) => (error || response.statusCode >= 500 ? 'warn' : 'info'),
    customSuccessMessage: (request, response) => summary(request, response),
    customErrorMessage: (request, response) => summary(request, response),
    // What went wrong is logged where it is caught, with its stack; a request's line only tells its status.
    customErrorObject: (_request, _response, _error, line: object) => ({ ...line, err: undefined }),
  });
}

function requestLine(request: IncomingMessage & { id?: unknown }): Record<string, unknown> {
  const { id, method = '', socket } = request;
  return { id, method, path: pathOf(request), remote_address: socket.remoteAddress };
}

function summary(request: IncomingMessage, response: ServerResponse): string {
  return `${request.method ?? ''} ${pathOf(request)} ${response.statusCode}`;
}

/** The path as it was asked for; frameworks shorten `url` under a mounted router. */
function pathOf(request: IncomingMessage & { originalUrl?: string }): string {
  return requestPath(request.originalUrl ?? request.url ?? '');
}
