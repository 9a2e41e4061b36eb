import { once } from 'node:events';
import { WebSocket } from 'ws';
import { JwksEndpoint } from '../../auth/keys/jwks-endpoint.js';
import { KeyCache } from '../../auth/keys/key-cache.js';
import { TokenVerifier } from '../../auth/token-verifier.js';
import type { Environment } from '../../config/environment.js';
import { describeError } from '../describe-error.js';
import type { HeraldServer } from '../herald-server.js';
import { type Finding, findingsOf } from './finding.js';

const PATIENCE_MS = 5_000;
/** The clock skew allowed for tokens. */
const MOST_SKEW_MS = 5_000;
/** The `Date` header has whole seconds only. */
const DATE_STEP_MS = 1_000;

/** Checks that the server is ready, agrees with our clock, lets its own pages connect, and accepts a client. */
export async function checkServer(server: HeraldServer, environment: Environment | null): Promise<Finding[]> {
  const { broken } = findingsOf('Server');
  const sentAt = Date.now();
  let response: Response;
  try {
    response = await fetch(server.at('/health/ready'), { signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch (error) {
    const what = `Nothing answers at ${server.address} (${describeError(error)})`;
    return [broken(`${what}. Start Herald with npm start, or set its address with --url.`)];
  }
  const readiness = await readReadiness(response);
  if (readiness === null) {
    return [broken(`Something else answers at ${server.address}. Set Herald's address with --url, or set PORT.`)];
  }
  return [
    judgeReadiness(server.address, readiness),
    judgeClock(response.headers.get('date'), sentAt),
    ...(await checkOrigin(server)),
    await checkConnection(server, environment),
  ];
}

interface Readiness {
  status: string;
  dependencies: Record<string, string>;
}

async function readReadiness(response: Response): Promise<Readiness | null> {
  const body: unknown = await response.json().catch(() => null);
  if (typeof body !== 'object' || body === null || !('status' in body)) return null;
  const dependencies = 'dependencies' in body ? body.dependencies : {};
  return { status: String(body.status), dependencies: { ...(dependencies as Readiness['dependencies']) } };
}

function judgeReadiness(origin: string, { status, dependencies }: Readiness): Finding {
  const { ok, warning, broken } = findingsOf('Server');
  if (status === 'ok') return ok(`${origin} is ready.`);
  const down = Object.keys(dependencies).filter((name) => dependencies[name] !== 'up');
  const found = `${origin} is ${status}${down.length === 0 ? '' : `, without ${down.join(', ')}`}.`;
  const advice = "See above whether they can be reached from here, and check the server's log.";
  return status === 'degraded' ? warning(`${found} ${advice}`) : broken(`${found} ${advice}`);
}

function judgeClock(date: string | null, sentAt: number): Finding {
  const { ok, skipped, broken } = findingsOf('Clock');
  if (date === null || Number.isNaN(Date.parse(date))) return skipped('The server sends no Date header.');
  // The server read its clock between the request and now.
  const [early, late] = [Date.parse(date) - sentAt + DATE_STEP_MS, Date.parse(date) - Date.now()];
  const skewMs = early < 0 ? early : Math.max(0, late);
  if (Math.abs(skewMs) <= MOST_SKEW_MS) return ok("The server's clock agrees with this machine's.");
  const found = `The server's clock is ${Math.round(Math.abs(skewMs) / 1_000)} s ${skewMs < 0 ? 'behind' : 'ahead'}`;
  return broken(`${found}. Beyond 5 s, tokens are refused: synchronize both machines with NTP.`);
}

/** Checks whether a page that the server itself serves could connect. */
async function checkOrigin(server: HeraldServer): Promise<Finding[]> {
  const { ok, warning } = findingsOf('Origins');
  const { origin } = server;
  const opened = await open(new WebSocket(server.webSocketAt('/ws/notifications/'), { origin }));
  if (opened === 'Unexpected server response: 403') {
    return [warning(`The server refuses pages of ${origin}. If it serves any, add it to ALLOWED_ORIGINS.`)];
  }
  // Any other problem shows in the connection with a token.
  return opened === null ? [ok(`The server lets pages of ${origin} connect.`)] : [];
}

async function checkConnection(server: HeraldServer, environment: Environment | null): Promise<Finding> {
  const { ok, skipped, broken } = findingsOf('WebSocket');
  let token: string;
  try {
    token = await server.token();
  } catch (error) {
    const isReal = environment?.auth.jwksUrl !== null;
    if (isReal) return skipped('Not tried: there is no development issuer. Pass a token with --token.');
    return broken(`Could not get a token from the development issuer (${describeError(error)}).`);
  }
  const headers = { Authorization: `Bearer ${token}` };
  const start = performance.now();
  const failure = await welcome(new WebSocket(server.webSocketAt('/ws/notifications/'), { headers }));
  if (failure === null) return ok(`A client connected in ${Math.round(performance.now() - start)} ms.`);
  const advice = failure.startsWith('closed with 4001')
    ? await adviceAbout(token, environment)
    : 'A proxy in front must forward Upgrade and Connection.';
  return broken(`A client can't connect (${failure}). ${advice}`);
}

/** Verifies the token by the local variables, as the server doesn't tell clients why it refuses one. */
async function adviceAbout(token: string, environment: Environment | null): Promise<string> {
  const jwksUrl = environment?.auth.jwksUrl ?? null;
  if (environment === null || jwksUrl === null) return 'Pass a valid token with --token.';
  const { auth, timings } = environment;
  const keys = new KeyCache(new JwksEndpoint(jwksUrl, timings.keyAnswerMs), { coolDownMs: 0 });
  try {
    await new TokenVerifier(keys, auth).verify(token);
    return 'The token is valid by the variables here: the server must have other variables, or another clock.';
  } catch (error) {
    return `The token: ${describeError(error)}. Correct the variable, or pass a valid token with --token.`;
  }
}

/** Null if the handshake succeeds, else the reason why not. */
async function open(socket: WebSocket): Promise<string | null> {
  try {
    await once(socket, 'open', { signal: AbortSignal.timeout(PATIENCE_MS) });
    return null;
  } catch (error) {
    return describeError(error);
  } finally {
    socket.on('error', () => undefined);
    socket.terminate();
  }
}

/** Null if the welcome arrives, else the reason why not. */
async function welcome(socket: WebSocket): Promise<string | null> {
  const closed = once(socket, 'close').then(([code, reason]) => `closed with ${String(code)} ${String(reason)}`);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const first = once(socket, 'message', { signal }).then(([data]) => String(data));
    const frame = await Promise.race([first, closed]);
    return frame.includes('"connection.established"') ? null : frame;
  } catch (error) {
    return describeError(error);
  } finally {
    socket.on('error', () => undefined);
    socket.terminate();
  }
}
