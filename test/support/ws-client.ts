import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { type ConnectOptions, openSocket } from '../../src/realtime/testing/test-client.js';

export {
  closeAllClients,
  connect,
  type ConnectOptions,
  type Frame,
  type TestClient,
} from '../../src/realtime/testing/test-client.js';

/** The server's HTTP answer to an upgrade; status 101 if accepted. */
export interface UpgradeAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Requests an upgrade and returns the HTTP answer, whatever its status. */
export async function upgrade(url: string, options: ConnectOptions = {}): Promise<UpgradeAnswer> {
  const socket = openSocket(url, options);
  const answer = await new Promise<UpgradeAnswer>((resolve, reject) => {
    socket.once('upgrade', (response) => resolve({ status: 101, headers: response.headers, body: '' }));
    socket.once('unexpected-response', (_request, response: IncomingMessage) => {
      const status = response.statusCode ?? 0;
      text(response).then((body) => resolve({ status, headers: response.headers, body }), reject);
    });
    socket.on('error', reject);
  });
  socket.terminate();
  return answer;
}

/** The HTTP status of the answer to an upgrade. */
export async function upgradeStatus(url: string, options: ConnectOptions = {}): Promise<number> {
  return (await upgrade(url, options)).status;
}
