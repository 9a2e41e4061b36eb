import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import type { Close } from '../connection/close-code.js';
import { SseTransport } from '../connection/sse-transport.js';
import { Admissions } from '../gateway/admissions.js';
import { findHttpCredential } from '../gateway/credentials.js';
import { GatewayRegistry, type RoutedGateway } from '../gateway/gateway-registry.js';
import { Handshake } from '../gateway/handshake.js';
import { Entrance } from './entrance.js';
import { type HttpRefusal, problemOf, REFUSAL } from './http-refusal.js';
import { Refusals } from './refusals.js';
import { splitTarget } from './target.js';

const PREFIX = '/sse/';
const ALLOWED_HEADERS = 'Authorization, Last-Event-ID';
const RETRY_AFTER = { 'Retry-After': '5' };
/** Ends the attempts of an `EventSource`, which would otherwise go on. */
const NO_CONTENT = 204;

/** Serves server-sent events under `/sse/…` for every gateway of `/ws/…`. */
@Injectable()
export class EventStreams {
  constructor(
    private readonly gateways: GatewayRegistry,
    private readonly admissions: Admissions,
    private readonly entrance: Entrance,
    private readonly refusals: Refusals,
  ) {}

  /** HTTP middleware: passes on what is not for a gateway. */
  handle(request: IncomingMessage, response: ServerResponse, next: () => void): void {
    const [path, search] = splitTarget(request.url ?? '');
    const route = path.startsWith(PREFIX) ? this.gateways.match(path.replace(PREFIX, '/ws/')) : null;
    if (route === null) {
      next();
      return;
    }
    // Middleware before this one may have taken its time: nothing would tell us of a close that is past.
    if (response.closed) return;
    const remoteAddress = this.entrance.remoteAddress(request);
    const refusal = this.refusalBefore(request, response);
    if (refusal === null) this.serve(route, new URLSearchParams(`?${search}`), request, response, remoteAddress);
    else this.refuse(request, response, refusal, remoteAddress);
  }

  private refusalBefore(request: IncomingMessage, response: ServerResponse): HttpRefusal | null {
    // Pipelined behind another answer: Node would not tell if its socket ended before its turn.
    if (response.socket === null) return REFUSAL.tooManyAhead;
    if (request.method !== 'GET' && request.method !== 'OPTIONS') return REFUSAL.eventsMethod;
    return this.entrance.foreignOrigin(request);
  }

  private serve(
    { gateway, params }: RoutedGateway,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
    remoteAddress: string,
  ): void {
    allowOrigin(request, response);
    if (request.method === 'OPTIONS') {
      response.writeHead(NO_CONTENT, { 'Access-Control-Allow-Headers': ALLOWED_HEADERS }).end();
      return;
    }
    const place = this.entrance.enter(remoteAddress);
    if ('refusal' in place) {
      this.refuse(request, response, place.refusal, remoteAddress);
      return;
    }
    response.once('close', place.leave);
    const credential = findHttpCredential(request, query);
    const resumed = request.headersDistinct['last-event-id'];
    const handshake = new Handshake(params, query, credential, remoteAddress, resumed ?? query.getAll('cursor'));
    // An `EventSource` can't send headers of its own: what was refused by its URL stays refused.
    const isForGood = resumed !== undefined && request.headers.authorization === undefined;
    const transport = new SseTransport(response, (close) => answerRefused(response, close, isForGood));
    void this.admissions.admit(transport, gateway, handshake).finally(place.admitted);
  }

  private refuse(
    request: IncomingMessage,
    response: ServerResponse,
    refusal: HttpRefusal,
    remoteAddress: string,
  ): void {
    this.refusals.note(refusal, remoteAddress);
    if (refusal === REFUSAL.tooManyAhead) request.socket.destroy();
    else answer(response, refusal);
  }
}

/** For applications without `enableCors`; the origin has been checked. */
function allowOrigin({ headers: { origin } }: IncomingMessage, response: ServerResponse): void {
  if (origin === undefined || response.hasHeader('Access-Control-Allow-Origin')) return;
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.appendHeader('Vary', 'Origin');
}

function answerRefused(response: ServerResponse, close: Close, isForGood: boolean): void {
  const refusal = refusalOf(close);
  if (isForGood && (close.code === 4001 || close.code === 4003)) response.writeHead(NO_CONTENT).end();
  else answer(response, { ...refusal, fields: close });
}

/** What a close code is in HTTP. */
function refusalOf({ code, reason }: Close): HttpRefusal {
  const detail = `The connection was refused: ${code} ${reason}`;
  switch (code) {
    case 4001:
      return { status: 401, reason, detail, headers: { 'WWW-Authenticate': 'Bearer' } };
    case 4003:
      return { status: 404, reason, detail };
    case 4029:
      return { status: 429, reason, detail, headers: RETRY_AFTER };
    case 1012:
    case 1013:
      return { status: 503, reason, detail, headers: RETRY_AFTER };
    default:
      return { status: 403, reason, detail };
  }
}

function answer(response: ServerResponse, refusal: HttpRefusal): void {
  const { headers, body } = problemOf(refusal);
  response.writeHead(refusal.status, { ...headers, Connection: 'close' }).end(body);
}
