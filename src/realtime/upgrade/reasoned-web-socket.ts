import { WebSocket } from 'ws';
import { CLOSE } from '../connection/close-code.js';

/** Close reasons for protocol violations, by the codes with which `ws` closes. */
const REASONS: ReadonlyMap<number, string> = new Map(
  [CLOSE.protocolError, CLOSE.invalidUtf8, CLOSE.tooManyFragments, CLOSE.messageTooBig].map(({ code, reason }) => [
    code,
    reason,
  ]),
);

/**
 * A WebSocket that also sends a reason when `ws` closes it on its own, which `ws` does with a code alone. A close by
 * the peer is answered with the peer's own reason, even an empty one.
 */
export class ReasonedWebSocket extends WebSocket {
  override close(code?: number, reason?: string | Buffer): void {
    super.close(code, reason ?? (code === undefined ? undefined : REASONS.get(code)));
  }
}
