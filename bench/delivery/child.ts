import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { endProcess } from '../../test/support/servers/processes.js';

const CHILD = new URL('child.mjs', import.meta.url);

/**
 * Starts a process that runs a module; resolves once the module has sent `ready`.
 * @param words its arguments, from `process.argv[3]`
 */
export async function startChild(module: URL, words: readonly string[] = []): Promise<Child> {
  const child = fork(CHILD, [module.href, ...words], { execArgv: [] });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${module.pathname} ended before it was ready`);
  });
  await Promise.race([once(child, 'message'), ended]);
  return new Child(child);
}

/** A process that the benchmark has started. */
export class Child {
  constructor(readonly process: ChildProcess) {}

  get pid(): number {
    if (this.process.pid === undefined) throw new Error('Not started');
    return this.process.pid;
  }

  stop(): Promise<void> {
    return endProcess(this.process, 'SIGTERM');
  }
}
