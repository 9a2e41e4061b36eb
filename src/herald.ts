/** `npm run herald -- <command>`: the operator's tool. */
import { Logger } from '@nestjs/common';
import { readCommandLine, USAGE, UsageError } from './herald/command-line.js';
import { describeError } from './herald/describe-error.js';
import { run } from './herald/run.js';

// What it finds is its output; the log of what it uses would come in between.
Logger.overrideLogger(false);

for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    // The reader of the pipe, such as head, has all that it wants: that is no failure.
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
