import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Level, type Logger, pino } from 'pino';
import { PinoPretty } from 'pino-pretty';
import type { Environment } from '../config/environment.js';

/** Written at once, not by a worker thread: the last words before an exit are those that matter. */
const PRETTY = {
  sync: true,
  singleLine: true,
  ignore: 'pid,hostname,context,req,res,responseTime',
  messageFormat: '{if context}[{context}] {end}{msg}',
};

/** What Nest tells of its own start, line by line: nobody needs it unless something is wrong there. */
const START_CONTEXTS: ReadonlySet<unknown> = new Set([
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestFactory',
]);

/** How much waits to be written at most, in characters; what comes then is lost. */
const MOST_UNWRITTEN = 1_048_576;

/** Nobody's service ends, or waits, because the disk behind the log is full, or a reader of it does not read. */
function standardOutput(): DestinationStream {
  const output = pino.destination({ dest: 1, sync: true, maxLength: MOST_UNWRITTEN, retryEAGAIN: () => false });
  // The next line tries again.
  output.on('error', () => undefined);
  return output;
}

/** What the process says: JSON lines for machines, or readable lines for a person at a terminal. Nest logs through it. */
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
    // What stops the start is told by who started.
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

  /** Nest passes the name of the class that speaks last, and before it an error's stack, or the text to an object's fields. */
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

/** Only what every error has: libraries add more, as TypeORM does a statement's parameters, which are personal data. */
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
