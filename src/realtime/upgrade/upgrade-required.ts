import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayRegistry } from '../gateway/gateway-registry.js';
import { splitTarget } from './target.js';
import { problemOf, REFUSAL } from './http-refusal.js';
import type { Refusals } from './refusals.js';

/** HTTP middleware: answers a plain request to a gateway's path with 426 (RFC 9110 section 15.5.22). */
export function upgradeRequired(gateways: GatewayRegistry, refusals: Refusals) {
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const [path] = splitTarget(request.url ?? '');
    if (gateways.match(path) === null) {
      next();
      return;
    }
    refusals.note(REFUSAL.upgradeRequired, request.socket.remoteAddress ?? '');
    const { headers, body } = problemOf(REFUSAL.upgradeRequired);
    response.writeHead(REFUSAL.upgradeRequired.status, { ...headers, Connection: 'Upgrade' }).end(body);
  };
}
