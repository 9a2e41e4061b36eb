/** `node --import` this, and Node runs the TypeScript of this repository as it is: see `hooks.mjs`. */
import { register } from 'node:module';

register('./hooks.mjs', import.meta.url);
