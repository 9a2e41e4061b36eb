import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayRegistry } from './gateway-registry.js';
import { problemOf } from './http-refusal.js';

/** HTTP middleware: answers a plain request to a gateway's path with 426 (RFC 9110 section 15.5.22). */
export function upgradeRequired(gateways: GatewayRegistry) {
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const [path = ''] = (request.url ?? '').split('?');
    if (gateways.match(path) === null) {
      next();
      return;
    }
    const { headers, body } = problemOf({
      status: 426,
      detail: 'This is a WebSocket endpoint',
      headers: { Upgrade: 'websocket' },
    });
    response.writeHead(426, { ...headers, Connection: 'Upgrade' }).end(body);
  };
}
