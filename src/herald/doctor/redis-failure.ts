import type { HostAndPort } from '../../config/values.js';
import { connectRedis, type RedisSettings } from '../../realtime/support/redis-connection.js';
import { describeError } from '../describe-error.js';

/** Limit for one attempt. */
const PATIENCE_MS = 2_000;
/** With a list of addresses, ioredis says only that none can be used, not why. */
const HIDES_THE_REASON = /^All sentinels are unreachable|^Failed to refresh slots cache/;

/** Explains why a Redis can't be used, and what to do about it. */
export async function explainFailure(settings: RedisSettings, failure: unknown): Promise<string> {
  const found = describeError(failure);
  if (!HIDES_THE_REASON.test(found) || settings.mode === 'single') {
    return `${placeOf(settings)} can't be used (${found}). ${adviceFor(found, settings, false)}`;
  }
  const isSentinel = settings.mode === 'sentinel';
  const addresses = isSentinel ? settings.sentinels : settings.nodes;
  const login = loginOf(settings);
  const answers = await Promise.all(addresses.map((address) => reasonAt({ ...settings, ...address, ...login })));
  const reason = answers.find((answer) => answer !== null) ?? found;
  return `${placeOf(settings)} can't be used (${reason}). ${adviceFor(reason, settings, isSentinel)}`;
}

function loginOf(settings: RedisSettings): Pick<RedisSettings, 'username' | 'password' | 'db'> {
  const { username, password, db } = settings;
  if (settings.mode !== 'sentinel') return { username, password, db };
  return { username: settings.sentinelUsername, password: settings.sentinelPassword, db: 0 };
}

/** The error of the first attempt; null if it succeeds. */
async function reasonAt(
  access: HostAndPort & Pick<RedisSettings, 'username' | 'password' | 'tls' | 'db'>,
): Promise<string | null> {
  const { username, password, tls, db, host, port } = access;
  const settings: RedisSettings = { mode: 'single', username, password, tls, db, host, port };
  let settle: (reason: string | null) => void = () => undefined;
  const settled = new Promise<string | null>((resolve) => (settle = resolve));
  const connection = connectRedis(settings, { onError: (error) => settle(describeError(error)) });
  connection.once('ready', () => settle(null));
  setTimeout(() => settle('it does not answer'), PATIENCE_MS).unref();
  const reason = await settled;
  connection.disconnect();
  return reason === null ? null : `${host}:${port}: ${reason}`;
}

function placeOf(settings: RedisSettings): string {
  const list = (places: readonly HostAndPort[]) => places.map(({ host, port }) => `${host}:${port}`).join(', ');
  if (settings.mode === 'single') return list([settings]);
  return settings.mode === 'cluster' ? list(settings.nodes) : `${settings.name} of ${list(settings.sentinels)}`;
}

function adviceFor(reason: string, { tls }: RedisSettings, isOfSentinel: boolean): string {
  if (/NOAUTH|WRONGPASS|NOPERM/.test(reason)) {
    const prefix = isOfSentinel ? 'REDIS_SENTINEL' : 'REDIS';
    return `Check ${prefix}_PASSWORD and ${prefix}_USERNAME.`;
  }
  if (/certificate|altnames/i.test(reason)) {
    return (
      'Its certificate must be for that address, and from a CA that Node trusts: for a CA of your own, set ' +
      'NODE_EXTRA_CA_CERTS in the environment, as Node does not read it from .env.'
    );
  }
  const other = tls ? "false if it doesn't use TLS" : 'true if it uses TLS';
  return `Start it, or correct the REDIS_ variables (REDIS_TLS must be ${other}).`;
}
