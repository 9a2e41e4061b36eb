import { request } from 'node:http';
import { text } from 'node:stream/consumers';

export interface ExactAnswer {
  status: number;
  type: string;
  body: string;
}

/** Requests a path verbatim: `fetch` would resolve `..` before sending it. */
export async function askExactly(
  url: string,
  token: string,
  method: string,
  path: string,
  body: unknown = null,
): Promise<ExactAnswer> {
  const { hostname, port } = new URL(url);
  const content = body === null ? undefined : JSON.stringify(body);
  const headers = {
    Authorization: `Bearer ${token}`,
    ...(content === undefined
      ? {}
      : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(content) }),
  };
  return new Promise((resolve, reject) => {
    const call = request({ hostname, port, method, path, headers }, (response) => {
      const type = response.headers['content-type'] ?? '';
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, type, body: answer }), reject);
    });
    call.on('error', reject);
    call.end(content);
  });
}
