/** `npm run herald -- <command>`: the operator's tool. */
import { readCommandLine, USAGE, UsageError } from './herald/command-line.js';
import { describeError } from './herald/describe-error.js';
import { run } from './herald/run.js';

try {
  await run(readCommandLine());
} catch (error) {
  process.stderr.write(`herald: ${describeError(error)}\n${error instanceof UsageError ? `\n${USAGE}` : ''}`);
  process.exitCode = 1;
}
