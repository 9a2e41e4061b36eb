import { rmSync } from 'node:fs';

export default async function tearDown() {
  await globalThis.sharedPostgres?.stop();
  rmSync(process.env.TMPDIR, { recursive: true, force: true });
}
