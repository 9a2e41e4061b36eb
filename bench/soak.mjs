/** `npm run soak -- --minutes 120`; the npm script runs the build first. */
import { register } from 'node:module';
import { parseArgs } from 'node:util';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const minutes = Number(values.minutes);
if (!(minutes >= 1)) throw new Error(`--minutes: got "${values.minutes}", takes 1 or more`);

register('../test/runner/hooks.mjs', import.meta.url);
const { soak } = await import('./soak.ts');
process.exit((await soak({ minutes, print: console.log })) ? 0 : 1);
