import type { DataSource } from 'typeorm';
import type { Environment } from '../../config/environment.js';
import { connect, serverOptions } from '../../database/data-source.js';
import { MIGRATIONS } from '../../database/migrations/index.js';
import { appliedMigrations } from '../../database/missing-migrations.js';
import { describeError } from '../describe-error.js';
import { type Finding, findingsOf } from './finding.js';
import { medianMs } from './median.js';

/** The oldest that the tests have run on. */
const LEAST_VERSION = 15;
const SLOW_MS = 20;

/** Whether the database answers, how soon, and whether its schema is that of this version. */
export async function checkPostgres({ databaseUrl, dataDir, runMigrations }: Environment): Promise<Finding[]> {
  const { ok, broken } = findingsOf('Postgres');
  if (databaseUrl === null) {
    return [ok(`Embedded, in ${dataDir}, for one process. Set DATABASE_URL to use a server.`)];
  }
  let database: DataSource;
  try {
    database = await connect(serverOptions(databaseUrl), 0);
  } catch (error) {
    const { host, pathname } = new URL(databaseUrl);
    const what = `${host}${pathname} can't be used (${describeError(error)})`;
    return [broken(`${what}. Start it, make the database, or correct DATABASE_URL.`)];
  }
  try {
    return [await checkVersion(database), ...(await checkSchema(database, runMigrations))];
  } finally {
    await database.destroy();
  }
}

async function checkVersion(database: DataSource): Promise<Finding> {
  const { ok, warning } = findingsOf('Postgres');
  const [{ server_version: version }] = await database.query<[{ server_version: string }]>('SHOW server_version');
  const ms = await medianMs(() => database.query('SELECT 1'));
  const found = `Version ${version} answers in ${ms} ms.`;
  if (parseInt(version, 10) < LEAST_VERSION) return warning(`${found} Herald is tested from ${LEAST_VERSION} on.`);
  return ms > SLOW_MS ? warning(`${found} Every request waits for that: bring them closer together.`) : ok(found);
}

async function checkSchema(database: DataSource, runMigrations: boolean): Promise<Finding[]> {
  const { ok, warning, broken } = findingsOf('Schema');
  const applied = await appliedMigrations(database);
  const known = MIGRATIONS.map(({ name }) => name);
  const pending = known.filter((name) => !applied.includes(name));
  const foreign = applied.filter((name) => !known.includes(name));
  const findings: Finding[] = [];
  if (foreign.length > 0) {
    findings.push(warning(`A newer Herald was here (${foreign.join(', ')}). Use that version, or another database.`));
  }
  if (pending.length > 0) {
    const what = `Pending migrations: ${pending.join(', ')}.`;
    const finding = runMigrations
      ? warning(`${what} The next start applies them, or: npm run migration:run`)
      : broken(`${what} RUN_MIGRATIONS is false, so run: npm run migration:run`);
    findings.push(finding);
  }
  return findings.length > 0 ? findings : [ok('Up to date.')];
}
