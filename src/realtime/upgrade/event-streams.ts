import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable } from '@nestjs/common';
import { Admissions } from '../gateway/admissions.js';
import { findCredential } from '../gateway/credentials.js';
import { GatewayRegistry, type RoutedGateway } from '../gateway/gateway-registry.js';
import { Handshake } from '../gateway/handshake.js';
import type { Close } from '../connection/close-code.js';
import { SseTransport } from '../connection/sse-transport.js';
import { Entrance } from './entrance.js';
import { type HttpRefusal, problemOf, REFUSAL } from './http-refusal.js';
import { Refusals } from './refusals.js';
import { splitTarget } from './target.js';

const PREFIX = '/sse/';
const ALLOWED_HEADERS = 'Authorization, Last-Event-ID, X-Connection-Id';

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
    if (route === null) next();
    else this.serve(route, new URLSearchParams(`?${search}`), request, response);
  }

  private serve(
    { gateway, params }: RoutedGateway,
    query: URLSearchParams,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const remoteAddress = this.entrance.remoteAddress(request);
    if (request.method !== 'GET' && request.method !== 'OPTIONS') {
      this.refuse(response, REFUSAL.eventsMethod, remoteAddress);
      return;
    }
    const place = this.entrance.enter(request, remoteAddress);
    if ('refusal' in place) {
      this.refuse(response, place.refusal, remoteAddress);
      return;
    }
    response.once('close', () => {
      place.admitted();
      place.leave();
    });
    allowOrigin(request, response);
    if (request.method === 'OPTIONS') {
      response.writeHead(204, { 'Access-Control-Allow-Headers': ALLOWED_HEADERS }).end();
      return;
    }
    const credential = findCredential(request, query);
    const resumed = request.headersDistinct['last-event-id'];
    const handshake = new Handshake(params, query, credential, remoteAddress, resumed ?? query.getAll('cursor'));
    // An `EventSource` can't send headers of its own: what was refused by its URL stays refused.
    const isForGood = resumed !== undefined && request.headers.authorization === undefined;
    const transport = new SseTransport(response, (close) => answer(response, refusalOf(close, isForGood)));
    void this.admissions.admit(transport, gateway, handshake).finally(place.admitted);
  }

  private refuse(response: ServerResponse, refusal: HttpRefusal, remoteAddress: string): void {
    this.refusals.note(refusal, remoteAddress);
    answer(response, refusal);
  }
}

/** For applications without `enableCors`; the origin has been checked. */
function allowOrigin({ headers: { origin } }: IncomingMessage, response: ServerResponse): void {
  if (origin === undefined || response.hasHeader('Access-Control-Allow-Origin')) return;
  response.setHeader('Access-Control-Allow-Origin', origin);
  response.appendHeader('Vary', 'Origin');
}

/** What a close code is in HTTP. */
function refusalOf({ code, reason }: Close, isForGood: boolean): HttpRefusal {
  const detail = `The connection was refused: ${code} ${reason}`;
  switch (code) {
    case 4001:
      return isForGood ? GONE : { status: 401, reason, detail, headers: { 'WWW-Authenticate': 'Bearer' } };
    case 4029:
      return { status: 429, reason, detail, headers: { 'Retry-After': '5' } };
    case 1012:
    case 1013:
      return { status: 503, reason, detail, headers: { 'Retry-After': '5' } };
    default:
      return isForGood ? GONE : { status: code === 4003 ? 404 : 403, reason, detail };
  }
}

/** Ends the attempts of an `EventSource`, which would otherwise go on. */
const GONE: HttpRefusal = { status: 204, reason: 'gone', detail: '' };

function answer(response: ServerResponse, refusal: HttpRefusal): void {
  const { headers, body } = problemOf(refusal);
  if (refusal.status === 204) response.writeHead(204).end();
  else response.writeHead(refusal.status, { ...headers, Connection: 'close' }).end(body);
}
