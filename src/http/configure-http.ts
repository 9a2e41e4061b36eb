import { BadRequestException, RequestMethod, UnsupportedMediaTypeException } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NextFunction, Request, Response } from 'express';
import helmet from 'helmet';
import type { Environment } from '../config/environment.js';
import { isOriginAllowed } from '../realtime/support/origin.js';
import { answerDeadline } from './answer-deadline.js';
import { InvalidInputError } from '../realtime/support/errors.js';
import { hasValidHost } from '../realtime/support/host.js';
import { findLostNumber } from './kept-numbers.js';
import { ProblemFilter } from './problem.filter.js';
import { validationPipe } from './validation.pipe.js';

/** The path prefix of the HTTP API. */
export const API_PREFIX = '/api/v1';

/** The largest body: four times an event's payload of 64 KiB, for escapes and indentation. */
const BODY_LIMIT = '256kb';
const JSON_TYPES = ['json', '+json'];
const BODY_PARSER = {
  limit: BODY_LIMIT,
  type: JSON_TYPES,
  verify: (_request: unknown, _response: unknown, body: Buffer, charset: string) => expectKept(body, charset),
};

/** Sets up what all routes share. Call it before the application is initialized. */
export function configureHttp(app: NestExpressApplication, environment: Environment): void {
  app.set('trust proxy', environment.trustProxy);
  app.set('etag', false);
  app.disable('x-powered-by');
  app.use(securityHeaders(environment));
  app.use(refuseBadHost);
  app.enableCors({
    origin: (origin: string | undefined, answer: (error: null, isAllowed: boolean) => void) => {
      answer(null, origin !== undefined && isOriginAllowed(origin, environment.allowedOrigins));
    },
    exposedHeaders: ['Content-Disposition', 'Date', 'Location', 'Retry-After', 'WWW-Authenticate'],
    maxAge: 600,
  });
  app.use(refuseOtherBodies);
  app.useBodyParser('json', BODY_PARSER);
  const filter = new ProblemFilter();
  // After the body, whose transfer may take longer.
  app.use(answerDeadline(environment.timings.answerMs, filter));
  app.setGlobalPrefix(API_PREFIX, {
    exclude: [
      '/',
      'console.json',
      'health/{*path}',
      'metrics',
      'docs',
      'docs/{*path}',
      'dev/{*path}',
      // Nest mounts its 404 under the prefix and, for every method, on excluded paths. No route has this method, so this
      // excludes nothing, but gives all other paths Nest's 404 instead of Express's web page.
      { path: '{*path}', method: RequestMethod.UNLOCK },
    ],
  });
  app.useGlobalPipes(validationPipe());
  app.useGlobalFilters(filter);
}

function securityHeaders({ auth }: Environment): ReturnType<typeof helmet> {
  return helmet({
    contentSecurityPolicy: {
      directives: {
        // The server's pages (the console, /docs) load only their own files; Swagger UI sets inline styles.
        'default-src': ["'self'"],
        'script-src': ["'self'"],
        'style-src': ["'self'", "'unsafe-inline'"],
        'img-src': ["'self'", 'data:'],
        // The console requests tokens from the identity provider.
        'connect-src': ["'self'", ...originOf(auth.issuer)],
        // Would break the pages over plain HTTP.
        'upgrade-insecure-requests': null,
      },
    },
    // The domain's other hosts may not use HTTPS.
    strictTransportSecurity: { includeSubDomains: false },
    referrerPolicy: { policy: 'no-referrer' },
  });
}

/** An issuer can be any text; only a URL has an origin. */
function originOf(issuer: string | null): string[] {
  const url = issuer === null ? null : URL.parse(issuer);
  return url === null || url.origin === 'null' ? [] : [url.origin];
}

function refuseBadHost(request: Request, _response: Response, next: NextFunction): void {
  // HTTP/1.0, which some load balancers use, may omit it.
  const mayLack = request.httpVersion === '1.0' && request.headers.host === undefined;
  next(
    mayLack || hasValidHost(request) ? undefined : new BadRequestException('Host: takes exactly one host and port.'),
  );
}

/** Otherwise a body that is not JSON would be silently ignored, and its fields reported as missing. */
function refuseOtherBodies(request: Request, _response: Response, next: NextFunction): void {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  const refuse = (): void => {
    next(new UnsupportedMediaTypeException('A body must be JSON, with Content-Type: application/json.'));
  };
  // `is` returns null if there is no body.
  if (request.is(JSON_TYPES) !== false || length === '0') next();
  else if (coding === undefined) refuse();
  else {
    // Waits for the first byte or the end, as some proxies send empty bodies as chunks.
    const decide = (): void => {
      request.off('readable', decide).off('end', decide);
      if (request.readableLength === 0) next();
      else refuse();
    };
    request.on('readable', decide).on('end', decide);
  }
}

/** Refuses numbers that parsing would silently change, such as 64-bit ids. */
function expectKept(body: Buffer, charset: string): void {
  // JSON between systems is UTF-8 (RFC 8259 section 8.1).
  if (charset !== 'utf-8') throw new UnsupportedMediaTypeException('A body must be JSON in UTF-8.');
  const field = findLostNumber(body.toString());
  if (!field) return;
  throw new InvalidInputError([
    { field, message: 'must not be a number that JavaScript can’t hold: write it as a text' },
  ]);
}
