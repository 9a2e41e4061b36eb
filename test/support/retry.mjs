import { jest } from '@jest/globals';

// Most tests wait for servers and browsers that share two cores with them. One that fails is run once more, and its first error
// is printed all the same: what only the machine has delayed passes, what is broken fails twice.
jest.retryTimes(1, { logErrorsBeforeRetry: true });
