/** `npm run bench [-- name]`: each benchmark prints its measurements, and fails if a limit was exceeded. */
import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';

const BENCHMARKS = ['burst', 'channels', 'idle', 'outbox', 'slow-peers'];

if (!existsSync(fileURLToPath(new URL('../dist/main.js', import.meta.url)))) {
  throw new Error('Run `npm run build` first');
}
register('../test/runner/hooks.mjs', import.meta.url);

const wanted = process.argv[2];
if (wanted !== undefined && !BENCHMARKS.includes(wanted)) {
  throw new Error(`Benchmark: got "${wanted}", takes one of ${BENCHMARKS.join(', ')}`);
}
for (const name of wanted === undefined ? BENCHMARKS : [wanted]) {
  console.log(`\n== ${name}`);
  const { run } = await import(`./${name}.ts`);
  if (!(await run(console.log))) process.exitCode = 1;
}
process.exit();
