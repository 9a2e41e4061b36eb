import { setFlagsFromString } from 'node:v8';
import { SHORT_LIVED } from './short-lived.mjs';

for (const flag of SHORT_LIVED) setFlagsFromString(flag);
