/** Codes of `error` messages. The texts are fixed: the client's own text is never echoed. */
const ERRORS = {
  invalid_json: 'Invalid JSON',
  invalid_message: 'Takes a JSON object with a string "type" and fields of the right kind',
  unknown_type: 'Unknown message type',
  rate_limited: 'Too many messages: they are dropped until you slow down',
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** The JSON text of an `error` message. */
export function errorMessage(code: ErrorCode): string {
  return JSON.stringify({ type: 'error', message: ERRORS[code], code });
}

/** What a client's message leads to: an answer, as JSON text, or a new token for the connection. */
export type Reading = { answer: string } | { token: string };

/** What nearly all clients send nearly always: it need not be parsed. */
const PING = Buffer.from('{"type":"ping"}');
const PONG: Reading = { answer: '{"type":"pong","timestamp":null}' };

/**
 * Reads one message of a client.
 * @param data the message as received; a binary message is never treated as JSON
 */
export function readMessage(data: Buffer, isBinary: boolean): Reading {
  if (!isBinary && PING.equals(data)) return PONG;
  const text = data.toString();
  const message = isBinary ? undefined : parse(text);
  if (message === undefined) return { answer: errorMessage('invalid_json') };
  if (!isTyped(message)) return { answer: errorMessage('invalid_message') };
  if (message.type === 'ping') return { answer: answerPing(message, text) };
  if (message.type !== 'auth') return { answer: errorMessage('unknown_type') };
  return typeof message.token === 'string' ? { token: message.token } : { answer: errorMessage('invalid_message') };
}

function answerPing({ timestamp = null }: { timestamp?: unknown }, text: string): string {
  if (timestamp !== null && typeof timestamp !== 'string' && !Number.isFinite(timestamp))
    return errorMessage('invalid_message');
  const echo = typeof timestamp === 'number' ? numberAsWritten(timestamp, text) : JSON.stringify(timestamp);
  return `{"type":"pong","timestamp":${echo}}`;
}

/** Echoes a number digit for digit: nanoseconds since 1970, for example, don't fit into a double. */
function numberAsWritten(value: number, text: string): string {
  const literals = text.matchAll(/"timestamp"\s*:\s*(-?\d[\d.eE+-]*)/g);
  for (const [, literal] of literals) if (literal !== undefined && Number(literal) === value) return literal;
  return JSON.stringify(value);
}

/** Undefined if the text is not JSON; no JSON text parses to undefined. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isTyped(message: unknown): message is { type: string; timestamp?: unknown; token?: unknown } {
  return (
    typeof message === 'object' &&
    message !== null &&
    !Array.isArray(message) &&
    Object.hasOwn(message, 'type') &&
    typeof (message as { type: unknown }).type === 'string'
  );
}
