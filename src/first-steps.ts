import { type Environment, wantsJsonLines } from './config/environment.js';

/** What a process says when it serves; in development also how to see it work. */
export function firstSteps(address: { port: number } | string | null, environment: Environment): string {
  const port = typeof address === 'object' && address !== null ? address.port : environment.port;
  const url = `http://localhost:${port}`;
  if (environment.auth.jwksUrl !== null || wantsJsonLines()) return `Herald serves on ${url}`;
  const option = port === 8000 ? '' : ` --url ${url}`;
  return `
Herald serves on ${url}

See it work: open ${url} in two windows, sign in as Alice in one and as Bob in the other.

The API is described at ${url}/docs. From a terminal: a token, a connection, and (in a second one) an event that arrives there.

  TOKEN=$(npm run -s herald -- token alice${option})
  npx wscat -c "ws://localhost:${port}/ws/notifications/?token=$TOKEN"
  npm run -s herald -- notify alice "Hello from Herald"${option}
`;
}
