import { PassThrough } from 'node:stream';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Registry } from 'prom-client';
import { Broker, type Publication, type History } from '../broker/broker.js';
import { type Channel, userChannel } from '../broker/channel.js';
import { newEpoch, NO_TAG, type Position } from '../broker/cursor.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import type { Close } from '../connection/close-code.js';
import type { Connection } from '../connection/connection.js';
import type { Frames } from '../connection/frames.js';
import { Outbound } from '../connection/outbound.js';
import { Sending } from '../connection/sending.js';
import { RecoveryLog } from './recovery-log.js';
import { Subscription } from './subscription.js';

const HISTORY_SIZE = 4;
const EPOCH = newEpoch(1_000);
const channel = userChannel.of('someone');

function published(name: string, offset: number, options: { epoch?: string; former?: Position } = {}): Publication {
  return {
    id: name,
    channel: channel.name,
    position: {
      epoch: options.epoch ?? EPOCH,
      offset,
      tag: Buffer.from(name).toString('hex').padStart(8, '0').slice(-8),
    },
    except: null,
    formerPosition: options.former ?? null,
    publishedAt: 0,
    payload: Buffer.from(name),
  };
}

/** A broker whose stream the test sets. */
class StreamBroker extends Broker {
  override checksGeneration = true;
  override losesChannelsAlone = false;
  stream: Publication[] = [];
  epoch = EPOCH;

  override position(): Promise<Position> {
    return Promise.resolve(this.stream.at(-1)?.position ?? { epoch: this.epoch, offset: 0, tag: NO_TAG });
  }

  override async history(_channel: Channel, fromOffset: number): Promise<History> {
    const remembered = this.stream.slice(-HISTORY_SIZE - 1);
    return {
      position: await this.position(),
      publications: remembered.filter(({ position }) => position.offset >= fromOffset),
    };
  }

  override positions = (): never => unused();
  override keepAlive = (): never => unused();
  override publishAll = (): never => unused();
  override signal = (): never => unused();
  override generation = (): never => unused();
  override masters = (): never => unused();
  override onLinkChange(): void {}
  override subscribe = (): Promise<void> => Promise.resolve();
  override unsubscribe = (): Promise<void> => Promise.resolve();
  override listen(): void {}
  override isConnected = (): boolean => true;
}

function unused(): never {
  throw new Error('A subscription does not call this');
}

let broker: StreamBroker;
let subscription: Subscription;
let seen: string[];
let closes: Close[];
const sending = new Sending();
let divergences: number;

beforeEach(async () => {
  broker = new StreamBroker();
  await open();
});

/** Subscribes to the stream as it is, for one member. */
async function open(): Promise<void> {
  [seen, closes, divergences] = [[], [], 0];
  const metrics = new RealtimeMetrics(new Registry());
  subscription = new Subscription(channel, {
    broker,
    metrics,
    log: new RecoveryLog(metrics),
    sending,
    historySize: HISTORY_SIZE,
    onDiverged: () => (divergences += 1),
  });
  join(seen, await broker.position());
  await subscription.confirmed;
}

/** Adds a member that has received the channel up to a position, and records what it is sent. */
function join(frames: string[], upTo: Position): void {
  const socket = new PassThrough();
  socket.on('data', (frame: Buffer) => frames.push(frame.subarray(2).toString()));
  // Each frame is written, and read, before the next one is delivered.
  socket.write = (frame: Buffer) => socket.emit('data', frame);
  const outbound = new Outbound(socket, 1_000_000, { isOpen: true, onTooSlow: unused }, sending);
  outbound.startAt(upTo);
  outbound.goLive();
  const member = {
    deliver: (position: Position, former: Position | null, frames: Frames) => {
      outbound.deliver(position, former, frames.for('websocket'));
      outbound.flush();
    },
    streamLost: outbound.streamLost.bind(outbound),
    close: (close: Close) => closes.push(close),
  };
  // Has only the methods that a subscription calls on its members.
  subscription.members.add(member as unknown as Connection);
}

/** Adds publications to the stream, and delivers them to the subscription. */
function receive(...publications: Publication[]): void {
  broker.stream.push(...publications);
  for (const each of publications) subscription.receive(each);
}

const abc = [published('a', 1), published('b', 2), published('c', 3)];

describe('Subscription', () => {
  it('fills a gap from history, in order', async () => {
    receive(...abc.slice(0, 1));
    broker.stream.push(...abc.slice(1));
    await subscription.catchUp();
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  it('closes its members when history does not reach back over a gap, and does not report a divergence', async () => {
    receive(...abc);
    broker.stream.push(...Array.from({ length: 9 }, (_, index) => published(`later${index}`, 4 + index)));
    await subscription.catchUp();
    expect(closes).toMatchObject([{ code: 1013 }]);
    expect(divergences).toBe(0);
  });

  it('delivers what is new in a stream that has lost its end, and nothing else', async () => {
    receive(...abc);
    broker.stream = [...abc.slice(0, 1), published('d', 2), published('b', 3, { former: abc[1]?.position })];
    await subscription.catchUp();
    receive(published('c', 4, { former: abc[2]?.position }), published('e', 5));
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(divergences).toBe(1);
    expect(closes).toEqual([]);
  });

  describe('that began in the middle of a stream', () => {
    const [a, b, c] = abc;

    beforeEach(async () => {
      broker.stream = abc.slice(0, 2);
      await open();
    });

    it('delivers what is new, although all that it received is lost', async () => {
      receive(...abc.slice(2));
      broker.stream = [...abc.slice(0, 2), published('d', 3), published('c', 4, { former: c?.position })];
      await subscription.catchUp();
      expect(seen).toEqual(['c', 'd']);
      expect(closes).toEqual([]);
    });

    it('closes nobody if nothing is new', async () => {
      receive(...abc.slice(2));
      broker.stream = abc.slice(0, 2);
      await subscription.catchUp();
      receive(published('c', 3, { former: c?.position }), published('d', 4));
      expect(seen).toEqual(['c', 'd']);
      expect(closes).toEqual([]);
    });

    it('closes its members if the message that it began after is lost', async () => {
      receive(...abc.slice(2));
      broker.stream = [a, published('d', 2)].filter((each) => each !== undefined);
      await subscription.catchUp();
      receive(published('b', 3, { former: b?.position }));
      expect(closes).toMatchObject([{ code: 1013 }]);
    });
  });

  it('closes nobody if the lost end is published again while history is being read', async () => {
    receive(...abc);
    broker.stream = abc.slice(0, 2);
    const history = broker.history.bind(broker);
    broker.history = async (...args) => {
      const shorter = await history(...args);
      broker.stream = [...abc, published('d', 4)];
      return shorter;
    };
    await subscription.catchUp();
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
    expect(closes).toEqual([]);
  });

  it('delivers republished messages only to a member that joined in between and missed them', async () => {
    receive(...abc);
    const [a, b, c] = abc;
    broker.stream = abc.slice(0, 1);
    await subscription.catchUp();
    const newcomer: string[] = [];
    if (a !== undefined) join(newcomer, a.position);
    receive(published('d', 2), published('b', 3, { former: b?.position }), published('c', 4, { former: c?.position }));
    expect(newcomer).toEqual(['d', 'b', 'c']);
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
  });

  it('delivers what is new in a stream with a new epoch, even before the republished messages', async () => {
    receive(...abc);
    const epoch = newEpoch(2_000);
    const again = abc.map(({ id, position }, index) => published(id, 2 + index, { epoch, former: position }));
    broker.stream = [published('d', 1, { epoch }), ...again];
    await subscription.catchUp();
    receive(published('e', 5, { epoch }));
    expect(seen).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(divergences).toBe(0);
    expect(closes).toEqual([]);
  });

  it('reports a new epoch when the generation can’t reveal it', async () => {
    broker.losesChannelsAlone = true;
    receive(...abc);
    broker.stream = [published('d', 1, { epoch: newEpoch(2_000) })];
    await subscription.catchUp();
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
    expect(divergences).toBe(1);
  });

  it('delivers nothing while held, not even what a running catch-up finds, and everything afterwards', async () => {
    receive(...abc.slice(0, 1));
    broker.stream.push(...abc.slice(1));
    const caughtUp = subscription.catchUp();
    subscription.hold();
    subscription.hold();
    receive(published('d', 4));
    subscription.release();
    await subscription.catchUp();
    await subscription.check();
    expect(seen).toEqual(['a']);
    subscription.release();
    await subscription.catchUp();
    await caughtUp;
    expect(seen).toEqual(['a', 'b', 'c', 'd']);
    expect(closes).toEqual([]);
  });

  it('is not subscribed again by a check that comes late, once nobody wants it', async () => {
    let subscribed = 0;
    broker.subscribe = () => {
      subscribed += 1;
      return Promise.resolve();
    };
    broker.stream.push(published('a', 1));
    await subscription.check();
    expect(subscribed).toBe(1);
    broker.stream.push(published('b', 2));
    const checking = subscription.check();
    for (const member of [...subscription.members]) subscription.remove(member);
    await checking;
    expect(subscribed).toBe(1);
  });
});
