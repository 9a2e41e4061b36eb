import { randomUUID } from 'node:crypto';
import { Topic } from './topic.js';

const SLOTS = 16_384;
/** So many parts of the slots are probed: of a cluster with up to half as many shards, each has at least one. */
const PARTS = 64;
const INTERVAL_MS = 3_000;

export interface ProbeContext {
  /** What a topic's slot follows from. */
  keyOf: (topic: Topic) => string;
  subscribe: (topic: Topic) => Promise<void>;
  publish: (topic: Topic) => Promise<void>;
  /** Called when the link to a shard works again that was dead: what it should have brought is in the histories. */
  onRestored: () => void;
}

/**
 * Sends itself a signal by each shard of a cluster. Every shard has its own link for receiving, and one that is dead may
 * look alive; asking for the positions of all channels instead would cost the more, the more there are.
 */
export class ShardProbes {
  private readonly topics: ReadonlyMap<string, Topic>;
  private readonly subscribed = new Set<Topic>();
  /** Sent in the last round, and not received yet. */
  private readonly due = new Set<Topic>();
  /** Missed, and not received since. */
  private readonly missed = new Set<Topic>();
  private timer: NodeJS.Timeout | undefined;
  private isRunning = false;

  constructor(private readonly context: ProbeContext) {
    this.topics = new Map(topicsOf(context.keyOf).map((topic) => [topic.name, topic]));
  }

  /** The first call begins. */
  start(): void {
    if (this.timer !== undefined) return;
    this.timer = setInterval(() => void this.round(), INTERVAL_MS).unref();
    void this.round();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Takes a signal; returns whether it was one of the probes. */
  take(topicName: string): boolean {
    const topic = this.topics.get(topicName);
    if (topic === undefined) return false;
    this.due.delete(topic);
    return true;
  }

  /** One at a time, as a shard that hangs makes it last. Never rejects. */
  private async round(): Promise<void> {
    if (this.isRunning) return;
    this.isRunning = true;
    const restored = [...this.missed].filter((topic) => this.subscribed.has(topic) && !this.due.has(topic));
    for (const topic of restored) this.missed.delete(topic);
    for (const topic of this.due) {
      this.missed.add(topic);
      // A link that doesn't confirm the subscription is closed, and opened anew.
      this.subscribed.delete(topic);
    }
    this.due.clear();
    if (restored.length > 0) this.context.onRestored();
    await Promise.allSettled([...this.topics.values()].map((topic) => this.probe(topic)));
    this.isRunning = false;
  }

  /** Rejects while the shard is down, which is noticed elsewhere. */
  private async probe(topic: Topic): Promise<void> {
    if (!this.subscribed.has(topic)) {
      await this.context.subscribe(topic);
      this.subscribed.add(topic);
    }
    this.due.add(topic);
    await this.context.publish(topic).catch((error: unknown) => {
      this.due.delete(topic);
      throw error;
    });
  }
}

/** A topic of this process alone for each part of the slots. */
function topicsOf(keyOf: (topic: Topic) => string): Topic[] {
  const process = randomUUID();
  const found = new Map<number, Topic>();
  for (let n = 0; found.size < PARTS; n += 1) {
    const topic = Topic.probe(`${process}-${n}`);
    const part = Math.floor((slotOf(keyOf(topic)) * PARTS) / SLOTS);
    if (!found.has(part)) found.set(part, topic);
  }
  return [...found.values()];
}

/** @param key with a hash tag (Redis Cluster Specification, "Hash tags"; the hash is CRC-16/XMODEM) */
function slotOf(key: string): number {
  const tag = key.slice(key.indexOf('{') + 1, key.indexOf('}'));
  let crc = 0;
  for (const byte of Buffer.from(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
    crc &= 0xffff;
  }
  return crc % SLOTS;
}
