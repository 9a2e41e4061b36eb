import { frames } from './frames.js';
import { handshakes } from './handshakes.js';
import { messages } from './messages.js';
import { rest } from './rest.js';
import { sessions } from './sessions.js';
import { FuzzTarget } from './target.js';

const PROPERTIES = [messages, frames, sessions, handshakes, rest];

export interface FuzzRun {
  /** The number of runs of each property. */
  runs: number;
  seed: number;
  /** Called after each property that holds. */
  onProgress?: (line: string) => void;
}

/**
 * Checks every property on one process.
 * @throws with the counterexample, and how to reproduce it
 */
export async function runFuzz({ runs, seed, onProgress }: FuzzRun): Promise<void> {
  const target = await FuzzTarget.start();
  try {
    for (const { name, check } of PROPERTIES) {
      const start = performance.now();
      await check(target, { seed, numRuns: runs });
      await target.comesToRest();
      onProgress?.(`${name}: ${runs} runs, ${Math.round((performance.now() - start) / 1_000)} s`);
    }
  } catch (error) {
    await target.stop().catch(() => undefined);
    throw new Error(`FUZZ_SEED=${seed} (${runs} runs): ${explain(error)}\n${target.lastWords}`, { cause: error });
  }
  await target.stop();
}

/** fast-check puts the counterexample in the message, and the failure in the cause. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = `${error.message.slice(0, 2_000)}\n${error.message.slice(2_000).slice(-2_000)}`;
  return error.cause === undefined ? message : `${message}\n${explain(error.cause)}`;
}
