/** Prints the totals of Jest runs from their --outputFile reports; fails if no test of a run passed. */
import { readFileSync } from 'node:fs';

const totals = { passed: 0, failed: 0, skipped: 0 };
for (const file of process.argv.slice(2)) {
  const report = JSON.parse(readFileSync(file, 'utf8'));
  for (const { name, message } of report.testResults.filter(({ assertionResults }) => assertionResults.length === 0)) {
    console.log(`Did not run: ${name}\n${message}`);
  }
  totals.passed += report.numPassedTests;
  // A test file that could not run has no tests to count, but must not look like a success.
  totals.failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
  totals.skipped += report.numPendingTests + report.numTodoTests;
  if (report.numPassedTests === 0) process.exitCode = 1;
}
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
