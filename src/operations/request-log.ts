import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { type HttpLogger, pinoHttp } from 'pino-http';
import { requestPath } from '../http/request-path.js';
import type { Environment } from '../config/environment.js';
import { LineBudget } from '../realtime/support/line-budget.js';
import { clientAddress } from '../realtime/support/client-address.js';

/** Log lines a second, for refused and for failed requests: anyone can cause any number of both. */
const LINES = 20;

/** HTTP middleware: logs one line for each request, when it is answered. Omits headers and query, which may hold tokens. */
export function requestLog(logger: Logger, { trustProxy }: Pick<Environment, 'trustProxy'>): HttpLogger {
  const refusals = new LineBudget(LINES, (summary) => logger.info(`Refused requests: ${summary}`));
  // Separate, so that refused requests can't hide failures.
  const failures = new LineBudget(LINES, (summary) => logger.warn(`Failed requests: ${summary}`));
  return pinoHttp({
    logger,
    quietReqLogger: true,
    autoLogging: { ignore: (request) => pathOf(request).startsWith('/health/') },
    serializers: {
      req: (request: LoggedRequest) => requestLine(request, trustProxy),
      res: ({ statusCode }: { statusCode: number }) => ({ status: statusCode }),
    },
    wrapSerializers: false,
    customLogLevel: (_request, { statusCode }, error) => {
      if (error || statusCode >= 500) return failures.take(String(statusCode)) ? 'warn' : 'silent';
      return statusCode < 400 || refusals.take(String(statusCode)) ? 'info' : 'silent';
    },
    customSuccessMessage: (request, response) => summary(request, response),
    customErrorMessage: (request, response) => summary(request, response),
    // The error is logged with its stack where it is caught; this line has only the status.
    customErrorObject: (_request, _response, _error, line: object) => ({ ...line, err: undefined }),
  });
}

/** `originalUrl`: frameworks shorten `url` under a mounted router. */
type LoggedRequest = IncomingMessage & { id?: unknown; originalUrl?: string };

function requestLine(request: LoggedRequest, trustProxy: number): Record<string, unknown> {
  const { id, method = '' } = request;
  return { id, method, path: pathOf(request), remote_address: clientAddress(request, trustProxy) };
}

function summary(request: LoggedRequest, response: ServerResponse): string {
  return `${request.method ?? ''} ${pathOf(request)} ${response.statusCode}`;
}

/** The requested path, for the log. */
function pathOf(request: LoggedRequest): string {
  return requestPath(request.originalUrl ?? request.url ?? '');
}
