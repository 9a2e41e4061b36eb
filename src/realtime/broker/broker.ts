import type { Channel } from './channel.js';
import type { Position } from './cursor.js';
import type { Topic } from './topic.js';

/** A message as it is passed to the broker. */
export interface Message {
  /** A UUID that stays the same across retries. */
  id: string;
  channel: Channel;
  /** The JSON text of an object with at least one field. The broker adds the cursor to it. */
  body: string;
  /** Of a channel's messages with the same key, only the first within 10 minutes is published. */
  idempotencyKey: string | null;
  /** The echo key of the connection whose own call caused the message; it is not sent there. */
  except: string | null;
  /** Where it was first published, if it is republished because the broker may have lost it. */
  formerPosition: Position | null;
}

/** Messages of one channel, in order. */
export type Messages = readonly [Message, ...Message[]];

/** The outcome of publishing a message. */
export interface Published {
  position: Position;
  /** The idempotency key was seen before: nothing was published, and the position is that of the first message. */
  isRepetition: boolean;
}

/** What every process subscribed to the channel receives. */
export interface Publication {
  /** The same as in the message. */
  id: string;
  /** `Channel.name` */
  channel: string;
  position: Position;
  /** As in the message. */
  except: string | null;
  /** As in the message: a client that received the channel up to this position already has the message. */
  formerPosition: Position | null;
  /** By the broker's clock, in milliseconds since the Unix epoch. */
  publishedAt: number;
  /** The JSON of the message with its cursor, as UTF-8. */
  payload: Buffer;
}

/** What a broker still has of a channel. */
export interface History {
  /** Of the newest message. */
  position: Position;
  /**
   * Messages in order and without a gap, up to `position` or to where the requested number of bytes was reached; empty
   * if they have expired.
   */
  publications: Publication[];
}

/** The one consumer of a process's publications and signals. */
export interface BrokerReceiver {
  /** MUST NOT throw or wait: publications of all channels pass through here. */
  receive(publication: Publication): void;

  /**
   * Receives a signal of a topic that this process is subscribed to. MUST NOT throw or wait.
   * @param payload the JSON text passed to `signal`
   */
  signalled(topic: string, payload: Buffer): void;

  /** The link from the broker was cut: nothing arrives until `resynchronize`. MUST NOT throw. */
  interrupted(): void;

  /**
   * The link from the broker is restored; publications sent during the interruption were missed. MUST NOT throw.
   */
  resynchronize(): void;

  /** A part of the link was dead: what it should have brought is in the histories. MUST NOT throw. */
  doubt(): void;

  /** Dropped something in a channel that is not a publication, or of an unknown version. MUST NOT throw. */
  disregard(): void;
}

/** For how long an idempotency key is remembered. */
export const IDEMPOTENCY_SECONDS = 600;

/** An idle channel keeps its epoch for at least this long. */
export const IDLE_CHANNEL_SECONDS = 3_600;

/** How much history a broker keeps of each channel. */
export interface HistoryLimits {
  /** How many missed messages a client can catch up on; 0: no history. */
  size: number;
  ttlSeconds: number;
}

/**
 * Carries messages from publishers to every subscribed process.
 *
 * Every adapter guarantees:
 * - A channel's publications have consecutive positions, and every subscribed process receives them in that order.
 * - Assigning the position, adding to history and publishing are one atomic step.
 * - Live delivery is at most once: a process that was cut off misses publications, and can tell by the positions. When
 *   the adapter notices the interruption itself, it reports it (`interrupted`, `resynchronize`).
 * - History keeps the newest messages of each channel, within the limits.
 * - A broker that has lost its data has a new generation, and its channels have new epochs.
 * - When `publish` resolves, the broker has the message.
 */
export abstract class Broker {
  /** Whether it refuses messages for another generation than its data is of. */
  abstract readonly checksGeneration: boolean;

  /** Whether a channel's data can be lost while the generation stays: then only the new epoch reveals the loss. */
  abstract readonly losesChannelsAlone: boolean;

  /** @throws {UnavailableError} if the broker did not confirm in time; the message may have been published anyway */
  async publish(message: Message): Promise<Published> {
    const [published] = await this.publishAll([message], null);
    if (published === undefined) throw new Error('The broker returned no result for a message');
    return published;
  }

  /**
   * Publishes messages of one channel atomically and in order.
   * @param generation publishes nothing if the broker can tell that its data is of another one; null: any
   * @throws {UnavailableError} if the broker did not confirm in time; the messages may have been published anyway
   */
  abstract publishAll(messages: Messages, generation: string | null): Promise<Published[]>;

  /**
   * Sends a signal to every process that is subscribed to the topic now. A signal has no position and no history: a
   * process that is cut off misses it without noticing.
   * @param payload the JSON text of an object
   * @throws {UnavailableError} if the broker did not confirm in time
   */
  abstract signal(topic: Topic, payload: string): Promise<void>;

  /**
   * Resolves once every later publication of the channel, or signal of the topic, reaches the receiver. Calls take
   * effect in the order in which they are made.
   * @throws {UnavailableError}
   */
  abstract subscribe(address: Channel | Topic): Promise<void>;

  /** @throws {UnavailableError} */
  abstract unsubscribe(address: Channel | Topic): Promise<void>;

  /**
   * The position of the channel's newest message.
   * @throws {UnavailableError}
   */
  abstract position(channel: Channel): Promise<Position>;

  /**
   * The positions of many channels in few round trips. Null for one that has to be asked for alone, for example because
   * the broker has never had it.
   * @throws {UnavailableError}
   */
  abstract positions(channels: readonly Channel[]): Promise<(Position | null)[]>;

  /**
   * Keeps the position of a channel at rest from expiring: cheap, as a process may have very many of them.
   * @returns whether the broker still has it
   * @throws {UnavailableError}
   */
  abstract keepAlive(channel: Channel): Promise<boolean>;

  /**
   * The messages that a channel's history has from an offset on.
   * @param maxBytes about how many bytes to return at most; never fewer than two messages, so that reading on from the
   *   last one makes progress
   * @throws {UnavailableError}
   */
  abstract history(channel: Channel, fromOffset: number, maxBytes?: number): Promise<History>;

  /**
   * Identifies the broker's data: a different generation means that everything published before is lost. Null if the
   * data ends with this process, and if the part of it that knows is away (only if it `losesChannelsAlone`).
   * @throws {UnavailableError}
   */
  abstract generation(): Promise<string | null>;

  /**
   * Identifies the histories that the broker's masters belong to: another master may lack the newest messages of the one
   * that it replaces. Masters that can't be reached are left out. Null if the broker doesn't tell.
   * @throws {UnavailableError}
   */
  abstract masters(): Promise<string[] | null>;

  /**
   * Calls back when a link to a master is lost (false), and when one is restored or replaced (true): from then on, what is
   * published may reach another master. Never later than that, except in a cluster, whose nodes' connections queue commands.
   */
  abstract onLinkChange(listener: (isUp: boolean) => void): void;

  /** Sets the one receiver of this process. */
  abstract listen(receiver: BrokerReceiver): void;

  /** Whether messages can be published and received right now. */
  abstract isConnected(): boolean;
}
