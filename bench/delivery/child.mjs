/** Runs a module of this benchmark in a process of its own: `child.mjs MODULE [WORD …]`. It ends with its parent. */
import { register } from 'node:module';
import './collect.mjs';

process.on('disconnect', () => process.exit());
register('../../test/runner/hooks.mjs', import.meta.url);
await import(process.argv[2]);
