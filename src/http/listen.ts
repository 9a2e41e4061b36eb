import type { INestApplication } from '@nestjs/common';
import { type Environment, EnvironmentError } from '../config/environment.js';

/**
 * Initializes a server and lets it listen where the environment says.
 * @throws {EnvironmentError} naming `HOST` and `PORT` if that is not to be had
 */
export async function listen(app: INestApplication, { host, port }: Pick<Environment, 'host' | 'port'>): Promise<void> {
  // Its errors are others: they have the codes of a network too, of Redis or of a database.
  await app.init();
  try {
    await app.listen(port, host);
  } catch (error) {
    const because = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new EnvironmentError([
      `HOST, PORT: got "${host}" and "${port}", takes an address of this machine and a port of it that is free (${because})`,
    ]);
  }
}
