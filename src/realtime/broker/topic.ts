import type { Channel } from './channel.js';

/** Begins the name of every topic and of no channel. */
const PREFIX = 'signal:';

/**
 * The address of signals: messages between processes, without position or history. Like a channel's, its name is safe
 * in Redis keys and hash tags.
 */
export class Topic {
  /** Revocations and announcements. Every process with connections subscribes to it. */
  static readonly nodes = new Topic(`${PREFIX}nodes`);

  private constructor(readonly name: string) {}

  /** Users joining and leaving a channel. */
  static presenceOf({ name }: Channel): Topic {
    return new Topic(`${PREFIX}presence:${name}`);
  }

  /** A process's own, by which it finds out whether signals arrive. */
  static probe(id: string): Topic {
    return new Topic(`${PREFIX}probe:${id}`);
  }

  static isName(name: string): boolean {
    return name.startsWith(PREFIX);
  }
}
