import { WebSocket } from 'ws';
import { CLOSE } from '../connection/close-code.js';

/** The words for peers that have broken the protocol or a limit of it, by the codes that `ws` closes them with. */
const REASONS: ReadonlyMap<number, string> = new Map(
  [CLOSE.protocolError, CLOSE.invalidUtf8, CLOSE.tooManyFragments, CLOSE.messageTooBig].map(({ code, reason }) => [
    code,
    reason,
  ]),
);

/**
 * A WebSocket that says why it is closed also where `ws` closes it by itself, which gives the code alone. A peer's own close
 * comes back with the peer's own reason, even an empty one.
 */
export class ReasonedWebSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason ?? (code === undefined ? undefined : REASONS.get(code)));
  }
}
