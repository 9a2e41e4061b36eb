export { DatabaseModule } from './database.module.js';
export { expectLoaded } from './expect-loaded.js';
export { type SchemaDifference, schemaDifference } from './schema-difference.js';
export { isDatabaseUnavailable } from './unavailable.js';
export { EmbeddedPostgres } from './embedded/embedded-postgres.js';
