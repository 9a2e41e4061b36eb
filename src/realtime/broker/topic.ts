import type { Channel } from './channel.js';

/** What the names of all topics begin with; no channel's does. */
const PREFIX = 'signal:';

/**
 * The address of signals: what processes tell each other, which has no place in a history. Like a channel's, its name is safe
 * in Redis keys and hash tags.
 */
export class Topic {
  /** Every process with connections listens to it: revocations, and announcements to everybody. */
  static readonly nodes = new Topic(`${PREFIX}nodes`);

  private constructor(readonly name: string) {}

  /** Who joins and leaves a channel. */
  static presenceOf({ name }: Channel): Topic {
    return new Topic(`${PREFIX}presence:${name}`);
  }

  static isName(name: string): boolean {
    return name.startsWith(PREFIX);
  }
}
