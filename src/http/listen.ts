import type { INestApplication } from '@nestjs/common';
import { type Environment, EnvironmentError } from '../config/environment.js';

/**
 * Initializes a server, and listens on the configured address.
 * @throws {EnvironmentError} naming `HOST` and `PORT` if the address can't be used
 */
export async function listen(app: INestApplication, { host, port }: Pick<Environment, 'host' | 'port'>): Promise<void> {
  // Outside the try: its errors, of Redis or a database, also have network error codes.
  await app.init();
  try {
    await app.listen(port, host);
  } catch (error) {
    const because = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new EnvironmentError([
      `HOST, PORT: got "${host}" and "${port}", takes an address of this machine and a free port (${because})`,
    ]);
  }
}
