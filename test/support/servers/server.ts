/** A server program under the control of a test. */
export interface Server {
  readonly host: string;
  readonly port: number;
  /** Ends it as a crash would: at once, nothing flushed. Its data folder stays for `start`. */
  kill(): Promise<void>;
  /** Starts it again after `kill`: same port, same data folder. Resolves when it serves. */
  start(): Promise<void>;
  /** Freezes it: connections stay open and nothing is answered, as behind a dead link. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends it for good and removes its data. */
  stop(): Promise<void>;
}
