import { Environment, EnvironmentError, loadEnvironmentFile } from '../../config/environment.js';
import { readDatabaseUrl } from '../../config/database-url.js';
import type { Options } from '../command-line.js';
import { describeError } from '../describe-error.js';
import { HeraldServer } from '../herald-server.js';
import { checkFolders, checkNode } from './check-machine.js';
import { checkKeys } from './check-keys.js';
import { checkOrigins } from './check-origins.js';
import { checkPostgres } from './check-postgres.js';
import { checkRedis } from './check-redis.js';
import { checkServer } from './check-server.js';
import { type Finding, findingsOf } from './finding.js';

/**
 * Checks for common problems, and prints what it finds and how to fix it. Sets the exit code to 1 if something is broken. Changes
 * nothing.
 */
export async function doctor(options: Options): Promise<void> {
  const { environment, findings } = readEnvironment();
  const server = new HeraldServer(options, `http://localhost:${environment?.port ?? 8000}`);
  const checks = [
    ...(environment === null ? [] : checksOf(environment)),
    check('Server', () => checkServer(server, environment)),
  ];
  const all = [checkNode(), ...findings, ...(await Promise.all(checks)).flat()];
  const { redis = null, database = null } = environment ?? {};
  const sentinelPassword = redis?.mode === 'sentinel' ? redis.sentinelPassword : null;
  const databasePassword = database === null ? null : readDatabaseUrl(database.url).password;
  const keysPassword = URL.parse(environment?.auth.jwksUrl ?? '')?.password;
  const secrets = [databasePassword, keysPassword, redis?.password, sentinelPassword, options.token];
  process.stdout.write(redact(report(all), secrets));
  if (all.some(({ verdict }) => verdict === 'broken')) process.exitCode = 1;
}

function checksOf(environment: Environment): Promise<Finding[]>[] {
  return [
    check('Redis', () => checkRedis(environment)),
    check('Postgres', () => checkPostgres(environment)),
    check('Keys', () => checkKeys(environment)),
    check('Folders', () => checkFolders(environment)),
    check('Origins', () => [checkOrigins(environment)]),
  ];
}

function readEnvironment(): { environment: Environment | null; findings: Finding[] } {
  const { ok, broken, skipped } = findingsOf('Configuration');
  try {
    loadEnvironmentFile();
    const environment = new Environment();
    return { environment, findings: [ok(`Every variable is valid, NODE_ENV is ${environment.mode}.`)] };
  } catch (error) {
    const problems = error instanceof EnvironmentError ? error.problems : [`.env: ${describeError(error)}`];
    const rest = skipped('Redis, Postgres, keys, folders and origins are checked once this is valid.');
    return { environment: null, findings: [...problems.map((problem) => broken(`${problem}.`)), rest] };
  }
}

/** Turns an unexpected error into a finding, so that it does not stop the other checks. */
async function check(subject: string, run: () => Promise<Finding[]> | Finding[]): Promise<Finding[]> {
  try {
    return await run();
  } catch (error) {
    return [findingsOf(subject).broken(`${describeError(error)}.`)];
  }
}

function report(findings: Finding[]): string {
  const lines = findings.map(({ verdict, subject, text }) => `${verdict.padEnd(8)} ${subject.padEnd(14)} ${text}\n`);
  const count = (wanted: string) => findings.filter(({ verdict }) => verdict === wanted).length;
  return `${lines.join('')}\nBroken: ${count('broken')}, warnings: ${count('warning')}\n`;
}

/** Masks secrets, which errors of servers and drivers may contain. */
function redact(text: string, secrets: readonly (string | null | undefined)[]): string {
  const known = secrets.flatMap((secret) => secret ?? []).filter((secret) => secret !== '');
  const forms = known.flatMap((secret) => [secret, decoded(secret)]);
  return forms.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}

function decoded(secret: string): string {
  try {
    return decodeURIComponent(secret);
  } catch {
    return secret;
  }
}
