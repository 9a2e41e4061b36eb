/** @type {import('jest').Config} */
export default {
  roots: ['<rootDir>/src', '<rootDir>/client/src', '<rootDir>/console/src', '<rootDir>/test'],
  testMatch: ['**/*.spec.{ts,tsx}', '**/*.e2e.{ts,tsx}'],
  // Packages of this repository come from their sources.
  testEnvironmentOptions: { customExportConditions: ['herald-source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^@nestjs/throttler$': '<rootDir>/test/support/throttler.mjs',
  },
  // Types are checked once, by `npm run typecheck`; here each file is only translated.
  transform: { '^.+\\.tsx?$': ['ts-jest', { useESM: true, tsconfig: { isolatedModules: true } }] },
  setupFilesAfterEnv: ['<rootDir>/test/support/each-file.mjs'],
  globalSetup: '<rootDir>/test/support/global-setup.mjs',
  globalTeardown: '<rootDir>/test/support/global-teardown.mjs',
  // On two cores: most of a test is waiting for servers.
  maxWorkers: 3,
  testTimeout: 30_000,
};
