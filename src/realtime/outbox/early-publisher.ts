import type { Broker, Message, Messages } from '../broker/broker.js';
import type { RealtimeMetrics } from '../realtime-metrics.js';
import type { LossWatch } from './loss-watch.js';
import { freshOf, inSteps } from './steps.js';

export interface EarlyContext {
  broker: Broker;
  metrics: RealtimeMetrics;
  losses: Pick<LossWatch, 'isCalm' | 'generation' | 'published'>;
  /** Called with the ids of messages that the broker has accepted. */
  onPublished: (ids: readonly string[]) => void;
  /** Called when the messages of a channel are left to the relay. */
  onGivenUp: (channel: string) => void;
}

/** For how long a row counts as marked soon. If it is not, the relay is in trouble, and has to come first. */
const UNMARKED_MS = 2_000;

/** A channel's messages of this process that are not marked as published yet, in their order. */
interface Line {
  /** When each was taken, by its id: milliseconds of the monotonic clock. */
  unmarked: Map<string, number>;
  /** Those that have not been published. */
  waiting: Message[];
  isRunning: boolean;
}

/**
 * Publishes messages from memory as soon as their rows are committed. It marks nothing and locks nothing: the relay publishes the
 * same rows once more, many at a time, and marks them; the broker knows them by their ids. So it need not care whether the broker
 * keeps what it has accepted, and what it can't do at once it leaves to the relay.
 */
export class EarlyPublisher {
  private readonly lines = new Map<string, Line>();
  /** The lines of unmarked messages, by their ids. */
  private readonly lineOf = new Map<string, Line>();
  private count = 0;

  constructor(private readonly context: EarlyContext) {}

  /** How many times messages were left to the relay, which then are older than those that follow. */
  get givenUp(): number {
    return this.count;
  }

  /** The ids of the rows of these channels that it publishes, or has published and the relay has not marked. */
  unmarkedOf(channels: Iterable<string>): string[] {
    return [...channels].flatMap((name) => {
      const line = this.lines.get(name);
      if (line === undefined) return [];
      this.prune(line);
      return [...line.unmarked.keys()];
    });
  }

  /** Never throws. Each channel's messages are published in the order of the calls. */
  publish(messages: readonly Message[]): void {
    const now = performance.now();
    for (const message of messages) {
      const { name } = message.channel;
      const line: Line = this.lines.get(name) ?? { unmarked: new Map(), waiting: [], isRunning: false };
      this.lines.set(name, line);
      this.lineOf.set(message.id, line);
      line.unmarked.set(message.id, now);
      line.waiting.push(message);
    }
    for (const name of new Set(messages.map(({ channel }) => channel.name))) void this.run(name);
  }

  /** Called with the ids of rows that a batch of this process has marked. */
  marked(ids: Iterable<string>): void {
    for (const id of ids) {
      this.lineOf.get(id)?.unmarked.delete(id);
      this.lineOf.delete(id);
    }
  }

  /** To be called from time to time: forgets what is marked, or was by another process. */
  forget(): void {
    for (const [name, line] of this.lines) {
      this.prune(line);
      if (line.unmarked.size === 0 && !line.isRunning) this.lines.delete(name);
    }
  }

  private prune({ unmarked }: Line): void {
    const oldest = performance.now() - UNMARKED_MS;
    for (const [id, takenAt] of unmarked) {
      if (takenAt >= oldest) return;
      unmarked.delete(id);
      this.lineOf.delete(id);
    }
  }

  /** Never rejects. */
  private async run(name: string): Promise<void> {
    const line = this.lines.get(name);
    if (line === undefined || line.isRunning) return;
    line.isRunning = true;
    while (line.waiting.length > 0) {
      const [step] = inSteps(line.waiting);
      if (step === undefined || !(await this.publishStep(step))) {
        this.giveUp(name, line);
        return;
      }
      line.waiting.splice(0, step.length);
    }
    line.isRunning = false;
  }

  private async publishStep(step: Messages): Promise<boolean> {
    const { broker, metrics, losses, onPublished } = this.context;
    if (!losses.isCalm) return false;
    try {
      await metrics.publishing(freshOf, 'frame', () => broker.publishAll(step, losses.generation));
    } catch {
      // The relay meets the same obstacle, and reports it.
      return false;
    }
    losses.published();
    onPublished(step.map(({ id }) => id));
    return true;
  }

  private giveUp(name: string, { unmarked }: Line): void {
    this.count += 1;
    this.lines.delete(name);
    for (const id of unmarked.keys()) this.lineOf.delete(id);
    this.context.onGivenUp(name);
  }
}
