/** What all tests have in common. */
const project = {
  rootDir: import.meta.dirname,
  testRunner: '<rootDir>/test/runner/run-file.mjs',
  // Node translates TypeScript itself: see `test/runner/hooks.mjs`.
  transform: {},
};

const withServers = {
  ...project,
  setupFilesAfterEnv: ['<rootDir>/test/support/each-file.mjs'],
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
};

/** @type {import('jest').Config} */
export default {
  // On two cores: most of a test is waiting for servers.
  maxWorkers: 3,
  // A machine may be busy with other things; what hangs, hangs for longer.
  testTimeout: 60_000,
  projects: [
    // Needs no server.
    { ...project, displayName: 'unit', testMatch: ['<rootDir>/{src,client/src,console/src,test}/**/*.spec.{ts,tsx}'] },
    {
      ...withServers,
      displayName: 'whole',
      testMatch: ['<rootDir>/{src,test}/**/*.e2e.ts'],
    },
    // Takes long by its nature: `npm run test:full`.
    { ...withServers, displayName: 'full', testMatch: ['<rootDir>/test/**/*.full.ts'] },
  ],
};
