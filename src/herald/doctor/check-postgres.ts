import type { DataSource } from 'typeorm';
import type { Environment } from '../../config/environment.js';
import { readDatabaseUrl } from '../../config/database-url.js';
import { connect, serverOptions } from '../../database/data-source.js';
import { schemaDifference } from '../../database/schema-difference.js';
import { describeError } from '../describe-error.js';
import { type Finding, findingsOf } from './finding.js';
import { medianMs } from './median.js';

/** The oldest version that is tested. */
const LEAST_VERSION = 15;
const SLOW_MS = 20;

/** Checks that the database answers, how fast, and that its schema fits this version. */
export async function checkPostgres({ database: settings, dataDir, runMigrations }: Environment): Promise<Finding[]> {
  const { ok, broken } = findingsOf('Postgres');
  if (settings === null) {
    return [ok(`Embedded, in ${dataDir}, for one process. Set DATABASE_URL to use a server.`)];
  }
  let database: DataSource;
  try {
    database = await connect(serverOptions(settings), 0);
  } catch (error) {
    const what = `${readDatabaseUrl(settings.url).place} can't be used (${describeError(error)})`;
    return [broken(`${what}. Start it, create the database, or correct DATABASE_URL.`)];
  }
  try {
    const found = [await checkVersion(database), await checkRights(database, runMigrations)];
    // Without rights, the schema can't be read.
    if (found.some(({ verdict }) => verdict === 'broken')) return found;
    return [...found, ...(await checkSchema(database, runMigrations))];
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
  return ms > SLOW_MS
    ? warning(`${found} Every request waits for that: move Herald and Postgres closer together.`)
    : ok(found);
}

/** Checks the rights on tables that statements need, and on the schema if migrations are pending. */
async function checkRights(database: DataSource, runMigrations: boolean): Promise<Finding> {
  const { ok, broken } = findingsOf('Postgres rights');
  const [{ schema, may_create: mayCreate }] = await database.query<[{ schema: string | null; may_create: boolean }]>(
    `SELECT current_schema() AS schema, has_schema_privilege(current_schema(), 'CREATE') AS may_create`,
  );
  if (schema === null)
    return broken("The user can't use any schema of its search_path. GRANT USAGE ON SCHEMA … to it.");
  const lacks = await database.query<{ lack: string }[]>(
    `SELECT privilege || ' on ' || string_agg(relname, ', ' ORDER BY relname) AS lack
     FROM pg_class CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS privilege
     WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND relkind IN ('r', 'p') AND NOT has_table_privilege(pg_class.oid, privilege)
     GROUP BY privilege ORDER BY privilege`,
    [schema],
  );
  const missing = lacks.map(({ lack }) => lack);
  const isPending = missing.length === 0 && runMigrations && (await schemaDifference(database)).missing.length > 0;
  if (isPending && !mayCreate) missing.push(`CREATE on the schema ${schema}, for migrations`);
  if (missing.length === 0) return ok(`The user has the required rights in the schema ${schema}.`);
  return broken(`The user lacks rights: ${missing.join('; ')}. GRANT them.`);
}

async function checkSchema(database: DataSource, runMigrations: boolean): Promise<Finding[]> {
  const { ok, warning, broken } = findingsOf('Schema');
  const { missing: pending, unknown: foreign } = await schemaDifference(database);
  const findings: Finding[] = [];
  if (foreign.length > 0) {
    findings.push(
      warning(
        `The database has migrations of a newer Herald (${foreign.join(', ')}). Use that version, or another database.`,
      ),
    );
  }
  if (pending.length > 0) {
    const what = `Pending migrations: ${pending.join(', ')}.`;
    const finding = runMigrations
      ? warning(`${what} The next start applies them, or run: npm run migration:run`)
      : broken(`${what} RUN_MIGRATIONS is false, so run: npm run migration:run`);
    findings.push(finding);
  }
  return findings.length > 0 ? findings : [ok('Up to date.')];
}
