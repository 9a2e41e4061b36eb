/** Prints the totals of a Jest run from the file that its --outputFile wrote; fails if no test ran. */
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
for (const { name, message } of report.testResults.filter(({ assertionResults }) => assertionResults.length === 0)) {
  console.log(`Did not run: ${name}\n${message}`);
}
// A test file that could not run has no test to count, and must not look like a success.
const failed = report.numFailedTests + report.numRuntimeErrorTestSuites;
console.log(
  `${report.numPassedTests} passed, ${failed} failed, ${report.numPendingTests + report.numTodoTests} skipped`,
);
if (report.numPassedTests === 0) process.exitCode = 1;
