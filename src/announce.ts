import { hostname } from 'node:os';
import { format } from 'node:util';
import { wantsJsonLines } from './config/environment.js';

/** As pino numbers them. */
const LEVELS = { info: 30, warn: 40, error: 50, fatal: 60 } as const;

type Level = keyof typeof LEVELS;

/**
 * Writes what a process says about its own start and end, when there is no log yet, or no longer. With `LOG_FORMAT=json` each
 * text is one JSON object on a line of its own, as in the log. Failures go to the standard error.
 */
export function announce(text: string, level: Level = 'info'): void {
  const output = level === 'info' ? process.stdout : process.stderr;
  output.write(wantsJsonLines() ? `${JSON.stringify(line(text, level))}\n` : `${text}\n`);
}

/** Announces what libraries and Node itself would print past the log. */
export function announceForOthers(): void {
  if (!wantsJsonLines()) return;
  for (const [name, level] of [
    ['debug', 'info'],
    ['log', 'info'],
    ['info', 'info'],
    ['warn', 'warn'],
    ['error', 'error'],
  ] as const) {
    console[name] = (...words: unknown[]) => announce(format(...words), level);
  }
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message }) => announce(`${name}: ${message}`, 'warn'));
}

function line(text: string, level: Level): object {
  return {
    level: LEVELS[level],
    time: Date.now(),
    pid: process.pid,
    hostname: hostname(),
    context: 'Herald',
    msg: text.trim(),
  };
}
