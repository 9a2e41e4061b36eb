/** What the contract says the answer to a message is. */
export type ExpectedAnswer = { pong: string | number | null } | { error: ErrorCode } | { close: 4001 };
export type ErrorCode = 'invalid_json' | 'invalid_message' | 'unknown_type' | 'rate_limited';

/** The contract's chapter 1.4, said once more in other words. Tokens that are texts are none here. */
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

/** Error messages by their code, as they were seen first: a message that depends on anything else may hold the client's text. */
const knownMessages = new Map<string, unknown>([['invalid_json', 'Invalid JSON']]);

/**
 * A frame of the server, as the answer that it is.
 * @throws if it is none
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
