import { hostname } from 'node:os';
import { format } from 'node:util';
import { wantsJsonLines } from './config/environment.js';

/** Pino's numbers. */
const LEVELS = { info: 30, warn: 40, error: 50, fatal: 60 } as const;

type Level = keyof typeof LEVELS;

/**
 * Writes a process's messages about its start and end, when there is no logger. With `LOG_FORMAT=json` each is a JSON object on one
 * line, as in the log. Warnings and errors go to stderr.
 */
export function announce(text: string, level: Level = 'info'): void {
  const output = level === 'info' ? process.stdout : process.stderr;
  output.write(wantsJsonLines() ? `${JSON.stringify(line(text, level))}\n` : `${text}\n`);
}

/** Announces what libraries and Node itself would print without the logger. */
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
