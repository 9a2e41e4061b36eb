export { DatabaseModule } from './database.module.js';
export { isDatabaseUnavailable } from './unavailable.js';
export { EmbeddedPostgres } from './embedded/embedded-postgres.js';
