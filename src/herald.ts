/** `npm run herald -- <command>`: the operator's tool. */
import { Logger } from '@nestjs/common';
import { readCommandLine, USAGE, UsageError } from './herald/command-line.js';
import { describeError } from './herald/describe-error.js';
import { run } from './herald/run.js';

// Log lines would mix with the tool's output.
Logger.overrideLogger(false);

for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    // EPIPE is not a failure: the reader of the pipe, such as head, has read enough.
    if (error.code !== 'EPIPE') fail(error);
    process.exit();
  });
}

try {
  await run(readCommandLine());
} catch (error) {
  fail(error);
}

function fail(error: unknown): void {
  const isUsage = error instanceof UsageError;
  process.exitCode = isUsage ? 2 : 1;
  process.stderr.write(`herald: ${describeError(error)}\n${isUsage ? `\n${USAGE}` : ''}`);
}
