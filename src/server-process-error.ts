/** A server process has ended that was not to. It has said itself why. */
export class ServerProcessError extends Error {
  override readonly name = 'ServerProcessError';
}
