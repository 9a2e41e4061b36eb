/** A server program under the control of a test. */
export interface Server {
  readonly host: string;
  readonly port: number;
  /** Kills it as a crash would: at once, without flushing. Its data folder is kept for `start`. */
  kill(): Promise<void>;
  /** Starts it again after `kill`, with the same port and data folder. Resolves when it serves. */
  start(): Promise<void>;
  /** Freezes it: connections stay open, but nothing is answered, as behind a dead link. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Stops it for good and removes its data. */
  stop(): Promise<void>;
}
