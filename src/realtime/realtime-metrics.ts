import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { QueriedGauge } from './queried-gauge.js';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What is counted too often for a `Counter`. */
export interface Tally {
  deliveries: number;
}

/** The engine's metrics. No label ever holds an id, or the number of series would grow with the users. */
@Injectable()
export class RealtimeMetrics {
  readonly publications: Counter<'kind'>;
  readonly publishSeconds: Histogram;
  /** Frames of channels and signals written to connections of this process. A plain number, as it is counted for each. */
  readonly tally: Tally = { deliveries: 0 };
  readonly commitToSocketSeconds: Histogram;
  readonly resumes: Counter<'result'>;
  readonly gaps: Counter<'result'>;
  readonly reconnects: Counter;
  readonly recovery: Counter<'step'>;
  readonly foreignMessages: Counter;
  readonly unreadableMessages: Counter;
  readonly revocations: Counter<'source'>;
  readonly refusals: Counter<'reason'>;
  readonly droppedFrames: Counter;
  private readonly closes: Counter<'code' | 'reason'>;
  private readonly known: Gauge<'gauge'>;
  private readonly queried: QueriedGauge[] = [];

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    this.publications = new Counter({
      name: 'herald_publications_total',
      help: 'Messages from this process that the broker has accepted',
      labelNames: ['kind'],
      registers,
    });
    this.publishSeconds = new Histogram({
      name: 'herald_publish_seconds',
      help: 'How long the broker took to accept a message, or several messages of a channel at once',
      buckets: SECONDS,
      registers,
    });
    const { tally } = this;
    const deliveries: Counter = new Counter({
      name: 'herald_deliveries_total',
      help: 'Frames of channels and signals written to connections, including those that a client had missed',
      registers,
      collect: () => {
        deliveries.reset();
        deliveries.inc(tally.deliveries);
      },
    });
    this.commitToSocketSeconds = new Histogram({
      name: 'herald_commit_to_socket_seconds',
      help: 'Time from creating a message until it is written to the connections of this process',
      buckets: SECONDS,
      registers,
    });
    this.resumes = new Counter({
      name: 'herald_resumes_total',
      help: 'Connections that asked to resume; incomplete: history did not reach back',
      labelNames: ['result'],
      registers,
    });
    this.gaps = new Counter({
      name: 'herald_gaps_total',
      help: 'Gaps noticed in a channel; lost: could not be filled, its clients were closed with 1013',
      labelNames: ['result'],
      registers,
    });
    this.reconnects = new Counter({
      name: 'herald_broker_reconnects_total',
      help: 'Interruptions of the link from the broker',
      registers,
    });
    this.recovery = new Counter({
      name: 'herald_recovery_total',
      help: 'Steps of recovery; docs/delivery.md explains each',
      labelNames: ['step'],
      registers,
    });
    this.foreignMessages = new Counter({
      name: 'herald_foreign_messages_total',
      help: 'Messages dropped from Redis channels because another program, or a later version of Herald, wrote them',
      registers,
    });
    this.unreadableMessages = new Counter({
      name: 'herald_outbox_unreadable_total',
      help: 'Outbox rows skipped because their content or channel is invalid',
      registers,
    });
    this.revocations = new Counter({
      name: 'herald_revocations_total',
      help: 'Connections closed by a revocation, by source: the signal, or the outbox if the signal was lost',
      labelNames: ['source'],
      registers,
    });
    this.refusals = new Counter({
      name: 'herald_refusals_total',
      help: 'Requests refused before a WebSocket handshake, by reason',
      labelNames: ['reason'],
      registers,
    });
    this.droppedFrames = new Counter({
      name: 'herald_frames_dropped_total',
      help: 'Client frames dropped because they exceeded the rate limit',
      registers,
    });
    this.closes = new Counter({
      name: 'herald_closes_total',
      help: 'Connections that this server closed, or refused after the handshake, by code and reason',
      labelNames: ['code', 'reason'],
      registers,
    });
    this.known = new Gauge({
      name: 'herald_gauge_known',
      help: '1 if the database returned the value of the gauge in time; 0 if that gauge is left out',
      labelNames: ['gauge'],
      registers,
      collect: async () => {
        await Promise.all(this.queried.map((each) => each.refresh()));
      },
    });
  }

  /** A gauge whose value is read at every scrape. */
  gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [this.registry], collect: () => gauge.set(read()) });
  }

  /**
   * A gauge whose value is queried at every scrape. Without an answer in time it is left out, `herald_gauge_known` is 0
   * for it, and the other metrics still come: they matter most just then.
   */
  queriedGauge(name: string, help: string, read: () => Promise<number>): void {
    this.queried.push(new QueriedGauge(name, help, this.registry, this.known, read));
  }

  /** A gauge with one value for each of a few fixed labels. */
  gaugeBy(label: string, name: string, help: string, read: () => Record<string, number>): void {
    const gauge: Gauge = new Gauge({
      name,
      help,
      labelNames: [label],
      registers: [this.registry],
      collect: () => {
        for (const [value, count] of Object.entries(read())) gauge.set({ [label]: value }, count);
      },
    });
  }

  /** Counts a connection that this server closes. */
  closed({ code, reason }: { code: number; reason: string }): void {
    this.closes.inc({ code, reason });
  }

  /** Times one publish call, and counts its messages. */
  async publishing<T>(count: number, kind: 'frame' | 'signal', publish: () => Promise<T>): Promise<T> {
    const end = this.publishSeconds.startTimer();
    const result = await publish();
    end();
    this.publications.inc({ kind }, count);
    return result;
  }

  /** Called when a message has been written to this process's connections. */
  delivered(messageId: string): void {
    this.commitToSocketSeconds.observe(Math.max(0, Date.now() - madeAt(messageId)) / 1_000);
  }
}

/** When a message was created, read from its id, a UUID v7 (RFC 9562 section 5.7). */
function madeAt(messageId: string): number {
  return Number.parseInt(messageId.slice(0, 8) + messageId.slice(9, 13), 16);
}
