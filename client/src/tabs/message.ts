import type { ConnectionState } from '../connection.js';
import type { WelcomeFrame } from '../frames.js';

/** Messages between tabs. The leading tab holds the connection. */
export type Message =
  /** Asks the leading tab for its state. */
  | { kind: 'hello'; isNew: boolean }
  /** To the leading tab: connect now. */
  | { kind: 'reconnect' }
  /** The leading tab's state. `place` is its cursor; undefined before its first welcome. */
  | { kind: 'standing'; state: ConnectionState; welcome: WelcomeFrame | null; place: string | undefined }
  /** `place` is the cursor that the following frames continue from. */
  | { kind: 'welcome'; welcome: WelcomeFrame; place: string }
  /** `before` is the leading tab's cursor before this frame. */
  | { kind: 'frame'; name: string; value: object & { cursor?: string }; before: string | undefined };
