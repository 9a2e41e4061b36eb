import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { CryptoKey, JWK, JWTPayload } from 'jose';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { freePort } from './servers.js';

export interface TokenOptions {
  /** Claims to add or replace; undefined omits one. */
  claims?: JWTPayload;
  /** Header fields to add or replace; undefined omits one. */
  header?: { kid?: string | undefined; typ?: string; crit?: string[]; [field: string]: unknown };
  /** Another signing key; the header still names the published one. */
  key?: CryptoKey;
}

export interface SigningKey {
  kid: string;
  alg: string;
  privateKey: CryptoKey;
  /** The key as published. */
  publicJwk: JWK;
}

/** Creates a key pair for signing tokens. */
export async function createKey(kid: string, alg = 'RS256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** Starts a JWKS endpoint with one RS256 key. */
export async function startJwks(): Promise<Jwks> {
  const jwks = new Jwks(await freePort(), await createKey('key-1'));
  await jwks.start();
  return jwks;
}

/** A JWKS endpoint that signs any token a test wants, and fails on demand. */
export class Jwks {
  readonly issuer: string;
  readonly url: string;
  /** The published keys; a test may change them. */
  keys: JWK[];
  /** How often the keys were fetched. */
  fetches = 0;
  /** `fail` answers 500, `hang` never answers. */
  behaviour: 'serve' | 'fail' | 'hang' = 'serve';
  /** A test can set it to handle requests instead. */
  answer: RequestListener | null = null;
  private readonly server = createServer((request, response) => {
    this.fetches += 1;
    if (this.answer !== null) {
      this.answer(request, response);
      return;
    }
    if (this.behaviour === 'hang') return;
    response.statusCode = this.behaviour === 'fail' ? 500 : 200;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: this.keys }));
  });

  constructor(
    private readonly port: number,
    /** The signing key; `rotate` replaces it. */
    public key: SigningKey,
  ) {
    this.issuer = `http://127.0.0.1:${port}`;
    this.url = `${this.issuer}/jwks`;
    this.keys = [key.publicJwk];
  }

  /** A valid token for the user, with the given changes. */
  async sign(userId: string, { claims = {}, header = {}, key }: TokenOptions = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload = { sub: userId, iss: this.issuer, iat: now, exp: now + 300, ...claims };
    const { alg, kid, privateKey } = this.key;
    return new SignJWT(payload).setProtectedHeader({ alg, kid, typ: 'JWT', ...header }).sign(key ?? privateKey, {
      crit: Object.fromEntries((header.crit ?? []).map((name) => [name, true])),
    });
  }

  /** Replaces the signing key and the published key. */
  async rotate(alg = 'RS256'): Promise<void> {
    this.key = await createKey(`key-${this.keys.length + 1}-${Date.now()}`, alg);
    this.keys = [this.key.publicJwk];
  }

  /** Serves again on the same address after `stop`. */
  async start(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Stops the endpoint; tokens can still be signed. */
  async stop(): Promise<void> {
    if (!this.server.listening) return;
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}

/** A token with `alg: none`. */
export function unsignedToken(claims: JWTPayload): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');
  return `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`;
}
