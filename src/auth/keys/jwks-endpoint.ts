import { JwksClient } from 'jwks-rsa';
import { KeySource, SourceBusyError } from './key-source.js';

const MAX_BYTES = 1_048_576;

/** Fetches an identity provider's JWKS over HTTP: one request, limited in time and size, without following redirects. */
export class JwksEndpoint extends KeySource {
  private readonly client: JwksClient;

  constructor(
    private readonly url: string,
    deadlineMs: number,
  ) {
    super();
    this.client = new JwksClient({
      jwksUri: url,
      // `KeyCache` decides when to fetch; under a flood of unknown keys, the library's own limit locks good ones out.
      cache: false,
      rateLimit: false,
      // The library's own timeout restarts with every byte.
      fetcher: (uri) => fetchJwks(uri, AbortSignal.timeout(deadlineMs)),
    });
  }

  override async fetch(): Promise<readonly unknown[]> {
    const keys = await this.client.getKeys();
    if (isList(keys)) return keys;
    throw new Error(`${this.url}: takes a JSON object with a list "keys"`);
  }
}

async function fetchJwks(url: string, signal: AbortSignal): Promise<{ keys: unknown }> {
  const response = await fetch(url, { signal, redirect: 'manual', headers: { accept: 'application/json' } });
  if (!response.ok) {
    await response.body?.cancel();
    const message = `${url}: got HTTP ${response.status}, takes 200 (redirects are not followed)`;
    const retryAfterMs = readRetryAfter(response.headers.get('retry-after'));
    throw retryAfterMs === null ? new Error(message) : new SourceBusyError(message, retryAfterMs);
  }
  const jwks: unknown = JSON.parse(await readText(response, url));
  if (typeof jwks === 'object' && jwks !== null && 'keys' in jwks) return jwks;
  throw new Error(`${url}: takes a JSON object with a list "keys"`);
}

async function readText(response: Response, url: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  // The DOM type does not say what the chunks are.
  const body: AsyncIterable<Uint8Array> | null = response.body;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new Error(`${url}: got more than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Milliseconds, from seconds or a date (RFC 9110 section 10.2.3); null if it is neither. */
function readRetryAfter(header: string | null): number | null {
  const text = header?.trim() ?? '';
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - Date.now();
  return Number.isNaN(milliseconds) ? null : Math.max(0, milliseconds);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
