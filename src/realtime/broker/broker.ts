import type { Channel } from './channel.js';
import type { Position } from './cursor.js';
import type { History } from './history.js';
import type { Topic } from './topic.js';

/** What is handed to the broker. */
export interface Message {
  /** A UUID that stays the same however often this message is tried. */
  id: string;
  channel: Channel;
  /** The JSON text of an object with at least one field. The broker adds the cursor to it. */
  body: string;
  /** Of all messages of a channel with the same key, 10 minutes long, only the first is published. */
  idempotencyKey: string | null;
  /** The echo key of a connection that a frame is not for, because its own call has caused it. */
  except: string | null;
  /** Where it was published before, if it is published again because the broker may have lost it. */
  formerPosition: Position | null;
}

/** Of one channel, in their order. */
export type Messages = readonly [Message, ...Message[]];

/** What has become of a message. */
export interface Published {
  position: Position;
  /** Its idempotency key was seen before: nothing was published now, and the position is that of the first. */
  isRepetition: boolean;
}

/** What the broker hands to every process that is subscribed to the channel. */
export interface Publication {
  /** The same as in the message. */
  id: string;
  /** `Channel.name` */
  channel: string;
  position: Position;
  /** As in the message. */
  except: string | null;
  /** As in the message: whoever has received the channel up to there has received this, too. */
  formerPosition: Position | null;
  /** By the broker's clock, in milliseconds since the Unix epoch. */
  publishedAt: number;
  /** The JSON of the message with its cursor, as UTF-8. */
  payload: Buffer;
}

/** The one consumer of a broker: what a process does with the publications of its channels. */
export interface BrokerReceiver {
  /** MUST NOT throw, and must not wait: publications of all channels come through here. */
  receive(publication: Publication): void;

  /**
   * A signal of a topic that this process is subscribed to. MUST NOT throw, and must not wait.
   * @param payload the JSON text that was given to `signal`
   */
  signalled(topic: string, payload: Buffer): void;

  /** The link from the broker is cut: nothing is received until `resynchronize`. MUST NOT throw. */
  interrupted(): void;

  /**
   * The link to the broker was interrupted and is whole again: what was published meanwhile has not been received. MUST NOT
   * throw.
   */
  resynchronize(): void;

  /** Something that is no publication, or of a version that can't be read, was found in a channel and dropped. MUST NOT throw. */
  disregard(): void;
}

/** For how long an idempotency key is remembered. */
export const IDEMPOTENCY_SECONDS = 600;

/** How long a channel keeps its epoch, at the least, when nothing is published and nobody asks for it. */
export const IDLE_CHANNEL_SECONDS = 3_600;

/** What a broker remembers of each channel. */
export interface HistoryLimits {
  /** How many messages may be missed; 0: nothing is remembered. */
  size: number;
  ttlSeconds: number;
}

/**
 * Carries messages from whoever publishes to every process that is subscribed.
 *
 * Promises of every adapter:
 * - The publications of one channel have one order; each has a position one above the last. Every subscribed process
 *   receives them in that order.
 * - Taking the position, adding to history and handing the message on is one atomic step.
 * - Live delivery is at most once: a process that was cut off has missed what was published meanwhile, and can see it by
 *   the positions. When the broker itself notices that the link was cut, it says so (`resynchronize`).
 * - Of each channel the newest messages are remembered, within the limits.
 * - A broker that has lost its data is a new generation of itself, and its channels have new epochs.
 * - A published message has reached the broker when `publish` resolves.
 */
export abstract class Broker {
  /** Whether a channel's data can be lost without its generation: then only the channel's new epoch tells of it. */
  abstract readonly losesChannelsAlone: boolean;

  /** @throws {UnavailableError} if the broker did not confirm in time; it may have been published all the same */
  async publish(message: Message): Promise<Published> {
    const [published] = await this.publishAll([message], null);
    if (published === undefined) throw new Error('The broker has said nothing of a message that it was given');
    return published;
  }

  /**
   * Publishes messages of one channel in one step: in their order, or none of them.
   * @param messages one at the least
   * @param generation nothing is published if the broker can tell that its data is of another one; null: whichever it is of
   * @throws {UnavailableError} if the broker did not confirm in time; they may have been published all the same
   */
  abstract publishAll(messages: Messages, generation: string | null): Promise<Published[]>;

  /**
   * Tells every process that is subscribed to the topic now. A signal has no position and no history: a process that is cut off
   * misses it and never learns that it did.
   * @param payload the JSON text of an object
   * @throws {UnavailableError} if the broker did not confirm in time
   */
  abstract signal(topic: Topic, payload: string): Promise<void>;

  /**
   * Resolves when every later publication of the channel, or signal of the topic, reaches the receiver. Calls take effect in
   * the order they are made.
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
   * The newest messages of a channel, those from an offset on.
   * @param maxBytes about how much may come at once, if not all: what is beyond it is left out, but never the first two
   *   messages, so that whoever reads on from the last one gets further
   * @throws {UnavailableError}
   */
  abstract history(channel: Channel, fromOffset: number, maxBytes?: number): Promise<History>;

  /**
   * Names the life of the broker's data: another one means that everything it had been given is lost. Null if the data ends
   * with this process.
   * @throws {UnavailableError}
   */
  abstract generation(): Promise<string | null>;

  /** Sets the one receiver of this process. */
  abstract listen(receiver: BrokerReceiver): void;

  /** Whether messages can be published and received right now. */
  abstract isConnected(): boolean;
}
