/** A server process exited unexpectedly. It has printed the reason itself. */
export class ServerProcessError extends Error {
  override readonly name = 'ServerProcessError';
}
