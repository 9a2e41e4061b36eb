import type { Environment } from '../../config/environment.js';
import { type Finding, findingsOf } from './finding.js';

const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** Whether the list of origins fits the mode: local pages in development, and none of them in production. */
export function checkOrigins({ allowedOrigins, isProduction }: Environment): Finding {
  const { ok, warning } = findingsOf('Origins');
  const hasLocal = allowedOrigins.some(({ host }) => LOCAL_HOSTS.includes(host));
  const count = `Origins whose pages may connect: ${allowedOrigins.length}.`;
  if (allowedOrigins.length === 0) {
    return warning('No web page may connect, only programs. Set ALLOWED_ORIGINS to where your front end is served.');
  }
  if (isProduction && hasLocal) {
    return warning(`${count} Pages of a visitor's own machine, too: take localhost out of ALLOWED_ORIGINS.`);
  }
  if (!isProduction && !hasLocal) {
    return warning(`${count} None of them is local: a front end in development needs http://localhost:<port>.`);
  }
  return ok(count);
}
