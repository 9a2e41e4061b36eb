export { DatabaseModule } from './database.module.js';
export { expectLoaded } from './expect-loaded.js';
export { missingMigrations } from './missing-migrations.js';
export { isDatabaseUnavailable } from './unavailable.js';
export { EmbeddedPostgres } from './embedded/embedded-postgres.js';
