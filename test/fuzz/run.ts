import { frames } from './frames.js';
import { handshakes } from './handshakes.js';
import { messages } from './messages.js';
import { rest } from './rest.js';
import { sessions } from './sessions.js';
import { FuzzTarget } from './target.js';

const PROPERTIES = [messages, frames, sessions, handshakes, rest];

export interface FuzzRun {
  /** Of each property. */
  runs: number;
  seed: number;
  /** Told of each property that holds. */
  onProgress?: (line: string) => void;
}

/**
 * Tries every property on one process.
 * @throws with what was found, and how to find it again
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

/** fast-check tells what it found, and in the cause what was wrong with it. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const message = `${error.message.slice(0, 2_000)}\n${error.message.slice(2_000).slice(-2_000)}`;
  return error.cause === undefined ? message : `${message}\n${explain(error.cause)}`;
}
