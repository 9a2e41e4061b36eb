import { type Environment, wantsJsonLines } from './config/environment.js';

/** The message printed when the server is ready; in development, includes instructions to try it. */
export function firstSteps(address: { port: number } | string | null, environment: Environment): string {
  const port = typeof address === 'object' && address !== null ? address.port : environment.port;
  const url = `http://localhost:${port}`;
  if (environment.auth.jwksUrl !== null || wantsJsonLines()) return `Herald serves on ${url}`;
  const option = port === 8000 ? '' : ` --url ${url}`;
  return `
Herald serves on ${url}

See it work: open ${url} in two windows, and sign in as Alice in one and as Bob in the other.

The API is documented at ${url}/docs. To try it from a terminal, get a token, connect, and send a notification from a second one:

  TOKEN=$(npm run -s herald -- token alice${option})
  npx wscat -c "ws://localhost:${port}/ws/notifications/?token=$TOKEN"
  npm run -s herald -- notify alice "Hello from Herald"${option}
`;
}
