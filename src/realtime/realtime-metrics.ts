import { Injectable } from '@nestjs/common';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { madeAt } from './broker/message-id.js';
import { QueriedGauge } from './queried-gauge.js';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Everything the engine counts and measures. No label ever holds an id: their number must not grow with the users. */
@Injectable()
export class RealtimeMetrics {
  readonly publications: Counter<'kind'>;
  readonly publishSeconds: Histogram;
  readonly deliveries: Counter;
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
      help: 'Messages that the broker has accepted from this process',
      labelNames: ['kind'],
      registers,
    });
    this.publishSeconds = new Histogram({
      name: 'herald_publish_seconds',
      help: 'How long the broker took to accept a message, or several of a channel at once',
      buckets: SECONDS,
      registers,
    });
    this.deliveries = new Counter({
      name: 'herald_deliveries_total',
      help: 'Frames handed to connections',
      registers,
    });
    this.commitToSocketSeconds = new Histogram({
      name: 'herald_commit_to_socket_seconds',
      help: 'From the making of a message, in its transaction or by its call, until it is written to the connections here',
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
      help: 'Gaps noticed in a channel; lost: could not be filled, its clients were sent away with 1013',
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
      help: 'Steps of recovering what was missed: docs/delivery.md explains each',
      labelNames: ['step'],
      registers,
    });
    this.foreignMessages = new Counter({
      name: 'herald_foreign_messages_total',
      help: 'What was found in our Redis channels and dropped, because it is of another program, or of a later version of this one',
      registers,
    });
    this.unreadableMessages = new Counter({
      name: 'herald_outbox_unreadable_total',
      help: 'Messages in the outbox that are none, or of no channel: left out',
      registers,
    });
    this.revocations = new Counter({
      name: 'herald_revocations_total',
      help: 'Connections ended by a revocation, by what told of it: its signal, or the outbox where the signal was lost',
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
      help: 'Frames of clients that were beyond their rate limit, and dropped',
      registers,
    });
    this.closes = new Counter({
      name: 'herald_closes_total',
      help: 'Connections that this server has closed or refused after the handshake, by code and reason',
      labelNames: ['code', 'reason'],
      registers,
    });
    this.known = new Gauge({
      name: 'herald_gauge_known',
      help: 'Whether the database has told the value of a gauge in time; where it is 0, that gauge is left out',
      labelNames: ['gauge'],
      registers,
      collect: async () => {
        await Promise.all(this.queried.map((each) => each.refresh()));
      },
    });
  }

  /** A gauge whose value is looked up whenever the metrics are read. */
  gauge(name: string, help: string, read: () => number): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [this.registry], collect: () => gauge.set(read()) });
  }

  /**
   * A gauge whose value is asked for whenever the metrics are read. While it can't be had in time it is left out, and
   * `herald_gauge_known` says so: the others matter most just then.
   */
  queriedGauge(name: string, help: string, read: () => Promise<number>): void {
    this.queried.push(new QueriedGauge(name, help, this.registry, this.known, read));
  }

  /** A gauge with a value for each of a few fixed labels. */
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

  /** Counts a connection that this server ends. */
  closed({ code, reason }: { code: number; reason: string }): void {
    this.closes.inc({ code, reason });
  }

  /** Measures one step of publishing, and counts its messages. */
  async publishing<T>(count: number, kind: 'frame' | 'signal', publish: () => Promise<T>): Promise<T> {
    const end = this.publishSeconds.startTimer();
    const result = await publish();
    end();
    this.publications.inc({ kind }, count);
    return result;
  }

  delivered(messageId: string, connections: number): void {
    this.deliveries.inc(connections);
    this.commitToSocketSeconds.observe(Math.max(0, Date.now() - madeAt(messageId)) / 1_000);
  }
}
