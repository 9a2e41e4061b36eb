import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Level, type Logger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { Environment } from '../config/environment.js';

/** Synchronous, not by a worker thread, so that the last lines before an exit are not lost. */
const PRETTY = {
  sync: true,
  singleLine: true,
  ignore: 'pid,hostname,context,req,res,responseTime',
  messageFormat: '{if context}[{context}] {end}{msg}',
};

/** Nest's messages about its own start, needed only for debugging. */
const START_CONTEXTS: ReadonlySet<unknown> = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
]);

/** How many characters may wait to be written; further lines are dropped. */
const MOST_UNWRITTEN = 1_048_576;

/** Drops lines rather than fail or block when the log's disk is full or its reader hangs. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: true, maxLength: MOST_UNWRITTEN, retryEAGAIN: () => false });
  // Ignored: the next line tries again.
  output.on('error', () => undefined);
  return output;
}

/** The process's log: JSON lines for machines, or readable lines for a terminal. Nest logs through it. */
export class ProcessLogger implements LoggerService {
  readonly pino: Logger;

  constructor({ log }: Pick<Environment, 'log'>, destination: DestinationStream = standardOutput()) {
    const stream = log.format === 'json' ? destination : PinoPretty({ ...PRETTY, destination });
    this.pino = pino({ level: log.level, serializers: { err: describeError } }, stream);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    // Errors at start are also printed by the caller.
    this.write(rest.at(-1) === 'ExceptionHandler' ? 'debug' : 'error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write(START_CONTEXTS.has(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  /** Nest passes the context last, and before it an error's stack, or the text that goes with an object. */
  private write(level: Level, message: unknown, rest: unknown[]): void {
    const words = rest.filter((each) => typeof each === 'string' && !isStack(each));
    const context = words.at(-1);
    const stack = rest.find(isStack);
    const error = [message, ...rest].find((each) => each instanceof Error);
    const fields = { context, err: error ?? (stack === undefined ? undefined : { stack }) };
    if (message instanceof Error) this.pino[level](fields, message.message);
    else if (isFields(message) && words.length > 1) this.pino[level]({ ...fields, ...message }, String(words[0]));
    else this.pino[level](fields, typeof message === 'string' ? message : JSON.stringify(message));
  }
}

/** Only the standard fields: libraries add others, such as TypeORM a statement's parameters, which are personal data. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { type, message, stack } = pino.stdSerializers.err(error);
  return { type, message, stack, code: 'code' in error ? error.code : undefined };
}

function isFields(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isStack(value: unknown): boolean {
  return typeof value === 'string' && value.includes('\n');
}
