import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair } from 'jose';
import type Provider from 'oidc-provider';
import { freePort } from './servers.js';

/** A real OpenID provider whose users log in with any name, from a login hint or the login page. */
export interface OidcProvider {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** The `aud` of its access tokens. */
  readonly audience: string;
  /** Logs the user in with the authorization code flow, as a browser does, and returns the access token. */
  tokenFor(userId: string): Promise<string>;
  stop(): Promise<void>;
}

const AUDIENCE = 'https://herald.test/api';
const LOGIN_PATH = '/login/';
const MOST_REDIRECTS = 10;
const CLIENT = { client_id: 'console', redirect_uri: 'https://herald.test/callback' };

/**
 * Starts oidc-provider on a free port. Its access tokens are RS256 JWTs with the user's id as `sub`.
 * @param consoleOrigin the origin of a console whose users may also log in
 */
export async function startOidcProvider(consoleOrigin?: string): Promise<OidcProvider> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const server = createServer(withLoginPage(await withoutWarnings(() => createProvider(issuer, consoleOrigin))));
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    issuer,
    jwksUrl: `${issuer}/jwks`,
    audience: AUDIENCE,
    tokenFor: (userId) => logIn(issuer, userId),
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function createProvider(issuer: string, consoleOrigin: string | undefined): Promise<Provider> {
  const { default: Provider } = await import('oidc-provider');
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: 'oidc-key', alg: 'RS256', use: 'sig' };
  const provider: Provider = new Provider(issuer, {
    jwks: { keys: [key] },
    ttl: {
      AccessToken: 3_600,
      AuthorizationCode: 60,
      Grant: 3_600,
      IdToken: 3_600,
      Interaction: 3_600,
      RefreshToken: 3_600,
      Session: 3_600,
    },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    clients: [
      {
        client_id: CLIENT.client_id,
        redirect_uris: [CLIENT.redirect_uri],
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        response_types: ['code'],
      },
      ...(consoleOrigin === undefined ? [] : [consoleClient(consoleOrigin)]),
    ],
    issueRefreshToken: (_context: unknown, client: { grantTypeAllowed: (type: string) => boolean }) =>
      client.grantTypeAllowed('refresh_token'),
    clientBasedCORS: (_context: unknown, origin: string) => origin === consoleOrigin,
    interactions: { url: (_context: unknown, interaction: { uid: string }) => `${LOGIN_PATH}${interaction.uid}` },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: () => true },
      rpInitiatedLogout: {
        logoutSource(context: { body: string }, form: string) {
          context.body = htmlPage(`${form}<button form="op.logoutForm" name="logout" value="yes">Log out</button>`);
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => AUDIENCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'events',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 3_600,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    findAccount: (_context: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
    // Consent is not tested: every user has granted it.
    async loadExistingGrant({ oidc }: { oidc: { client: { clientId: string }; session: { accountId: string } } }) {
      const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope('openid profile email');
      grant.addResourceScope(AUDIENCE, 'events');
      await grant.save();
      return grant;
    },
  });
  return provider;
}

/** As in `deploy/`: a public client with PKCE and refresh tokens. */
function consoleClient(origin: string): object {
  return {
    client_id: 'herald-console',
    redirect_uris: [`${origin}/`],
    post_logout_redirect_uris: [`${origin}/`],
    token_endpoint_auth_method: 'none',
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
  };
}

/** The login page. A login hint skips it. */
function withLoginPage(provider: Provider): RequestListener {
  const answer = provider.callback();
  const logUserIn = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { params } = await provider.interactionDetails(request, response);
    const accountId = params.login_hint ?? new URLSearchParams(await text(request)).get('name');
    if (accountId === null) {
      response.setHeader('content-type', 'text/html');
      response.end(
        htmlPage('<form method="post"><label>Name <input name="name"></label><button>Log in</button></form>'),
      );
      return;
    }
    await provider.interactionFinished(request, response, { login: { accountId } });
  };
  return (request, response) => {
    if (!request.url?.startsWith(LOGIN_PATH)) {
      answer(request, response);
      return;
    }
    logUserIn(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  };
}

function htmlPage(body: string): string {
  return `<!doctype html><html lang="en"><title>Provider</title><link rel="icon" href="data:,">${body}</html>`;
}

async function logIn(issuer: string, userId: string): Promise<string> {
  const verifier = randomBytes(32).toString('base64url');
  const authorization = new URL('/auth', issuer);
  authorization.search = new URLSearchParams({
    ...CLIENT,
    response_type: 'code',
    scope: 'openid events',
    login_hint: userId,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  }).toString();
  const callback = await followToCallback(authorization);
  const code = callback.searchParams.get('code');
  if (code === null) throw new Error(`The provider did not log ${userId} in: ${callback.href}`);
  const answer = await fetch(new URL('/token', issuer), {
    method: 'POST',
    body: new URLSearchParams({ ...CLIENT, grant_type: 'authorization_code', code, code_verifier: verifier }),
  });
  const body: unknown = await answer.json();
  if (typeof body === 'object' && body !== null && 'access_token' in body && typeof body.access_token === 'string') {
    return body.access_token;
  }
  throw new Error(`The provider gave ${userId} no token: ${answer.status} ${JSON.stringify(body)}`);
}

/** Follows redirects and keeps cookies, as a browser does, until the provider redirects back to the client. */
async function followToCallback(start: URL): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = start;
  for (let hop = 0; !url.href.startsWith(CLIENT.redirect_uri); hop += 1) {
    if (hop === MOST_REDIRECTS) throw new Error(`The provider redirects in circles, last to ${url.href}`);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const location = response.headers.get('location');
    if (location === null) throw new Error(`${url.href} answered ${response.status}: ${await response.text()}`);
    url = new URL(location, url);
  }
  return url;
}

/** Hides the provider's warnings that it is not set up for production. */
async function withoutWarnings<T>(create: () => Promise<T>): Promise<T> {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return await create();
  } finally {
    console.warn = warn;
  }
}
