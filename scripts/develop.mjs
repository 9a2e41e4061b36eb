/** `npm run start:dev`: recompiles on changes, and restarts the server. */
import { spawn, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const compiler = fileURLToPath(import.meta.resolve('typescript/lib/tsc.js'));
const compile = [compiler, '-p', 'tsconfig.build.json'];

// Compiles once, so that there is something to start. Type errors don't stop it: the watch reports them again.
spawnSync(process.execPath, compile, { stdio: 'inherit' });

const children = [
  spawn(process.execPath, [...compile, '--watch', '--preserveWatchOutput'], { stdio: 'inherit' }),
  spawn(process.execPath, ['--watch', '--watch-preserve-output', 'dist/main.js'], { stdio: 'inherit' }),
];

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => children.forEach((child) => child.kill(signal)));
}
for (const child of children) {
  child.once('exit', (code) => {
    children.forEach((other) => other.kill());
    process.exitCode ||= code ?? 0;
  });
}
