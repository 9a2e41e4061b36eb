import { register } from 'node:module';

/** Starts the Postgres that all test files share, each with databases of its own. */
export default async function setUp() {
  register('./typescript-loader.mjs', import.meta.url);
  const { startPostgres } = await import('./servers.ts');
  const postgres = await startPostgres();
  process.env.TEST_POSTGRES_URL = postgres.url;
  globalThis.sharedPostgres = postgres;
}
