import type { ConnectionState } from '../connection.js';
import type { WelcomeFrame } from '../frames.js';

/** What tabs say to each other. The leading one has the connection. */
export type Message =
  /** How do things stand? A new tab does not know yet. */
  | { kind: 'hello'; isNew: boolean }
  /** To the leading tab: connect now. */
  | { kind: 'reconnect' }
  /** Of the leading tab. `place` is where it is; without one it was never welcomed. */
  | { kind: 'standing'; state: ConnectionState; welcome: WelcomeFrame | null; place: string | undefined }
  /** `place` is where the frames that follow go on from. */
  | { kind: 'welcome'; welcome: WelcomeFrame; place: string }
  /** `before` is where the leading tab was until this frame. */
  | { kind: 'frame'; name: string; value: object & { cursor?: string }; before: string | undefined };
