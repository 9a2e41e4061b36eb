/** The answer to a message, according to the contract. */
export type ExpectedAnswer = { pong: string | number | null } | { error: ErrorCode } | { close: 4001 };
export type ErrorCode = 'invalid_json' | 'invalid_message' | 'unknown_type' | 'rate_limited';

/** Implements the contract's chapter 1.4 independently. Every string is a bad token here. */
export function expectedAnswerTo(text: string): ExpectedAnswer {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return { error: 'invalid_json' };
  }
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return { error: 'invalid_message' };
  const fields = new Map<string, unknown>(Object.entries(message));
  const type = fields.get('type');
  if (typeof type !== 'string') return { error: 'invalid_message' };
  if (type === 'auth') return typeof fields.get('token') === 'string' ? { close: 4001 } : { error: 'invalid_message' };
  if (type !== 'ping') return { error: 'unknown_type' };
  const timestamp = fields.get('timestamp') ?? null;
  if (timestamp === null || typeof timestamp === 'string') return { pong: timestamp };
  const isNumber = typeof timestamp === 'number' && Number.isFinite(timestamp);
  return isNumber ? { pong: timestamp } : { error: 'invalid_message' };
}

/** The first message seen for each code: one that depends on anything else might repeat the client's text. */
const knownMessages = new Map<string, unknown>([['invalid_json', 'Invalid JSON']]);

/**
 * The answer that a message of the server represents.
 * @throws if it is not an answer
 */
export function answerOf(frame: Record<string, unknown>): ExpectedAnswer {
  const { type, timestamp, code, message } = frame;
  const fields = Object.keys(frame).sort().join();
  if (type === 'pong' && fields === 'timestamp,type') return { pong: timestamp as string | number | null };
  if (type !== 'error' || fields !== 'code,message,type' || !isErrorCode(code)) {
    throw new Error(`Not an answer of the contract: ${JSON.stringify(frame)}`);
  }
  if (!knownMessages.has(code)) knownMessages.set(code, message);
  if (knownMessages.get(code) !== message)
    throw new Error(`An error that is said differently: ${JSON.stringify(frame)}`);
  return { error: code };
}

function isErrorCode(code: unknown): code is ErrorCode {
  return ['invalid_json', 'invalid_message', 'unknown_type', 'rate_limited'].some((known) => known === code);
}
