import { setFlagsFromString } from 'node:v8';
import { jest } from '@jest/globals';
import { SHORT_LIVED } from './short-lived.mjs';

// Most tests wait for servers and browsers that share two cores with them. One that fails is run once more, and its first error
// is printed all the same: what only the machine has delayed passes, what is broken fails twice.
jest.retryTimes(1, { logErrorsBeforeRetry: true });

for (const flag of SHORT_LIVED) setFlagsFromString(flag);
