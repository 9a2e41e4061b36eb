/** With `node --import`, lets Node run the TypeScript of this repository directly: see `hooks.mjs`. */
import { register } from 'node:module';

register('./hooks.mjs', import.meta.url);
