import type { Environment } from '../../config/environment.js';
import { type Finding, findingsOf } from './finding.js';

const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** Checks that the allowed origins fit the mode: local pages in development, none in production. */
export function checkOrigins({ allowedOrigins, isProduction }: Environment): Finding {
  const { ok, warning } = findingsOf('Origins');
  const hasLocal = allowedOrigins.some(({ host }) => LOCAL_HOSTS.includes(host));
  const count = `Origins whose pages may connect: ${allowedOrigins.length}.`;
  if (allowedOrigins.length === 0) {
    return warning('No web page may connect. Set ALLOWED_ORIGINS to the origin of your front end.');
  }
  if (isProduction && hasLocal) {
    return warning(`${count} They include pages on the visitor's own machine: remove localhost from ALLOWED_ORIGINS.`);
  }
  if (!isProduction && !hasLocal) {
    return warning(`${count} None of them is local: a front end in development needs http://localhost:<port>.`);
  }
  return ok(count);
}
