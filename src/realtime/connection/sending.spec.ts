import { Writable } from 'node:stream';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { Outbound } from './outbound.js';
import { Sending } from './sending.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A live client, with all that was written to its socket. */
class Client {
  readonly writes: Buffer[] = [];
  isOpen = true;
  readonly outbound: Outbound;

  constructor(sending: Sending) {
    const socket = new Writable({ write: (_chunk, _encoding, done) => done() });
    socket.write = (chunk: Buffer) => this.writes.push(chunk) > 0;
    this.outbound = new Outbound(socket, 1_000_000, this, sending);
    this.outbound.goLive();
  }

  get text(): string {
    return Buffer.concat(this.writes).toString();
  }

  onTooSlow(): void {
    throw new Error('No client is slow here');
  }
}

let sending: Sending;
const [a, b, c] = ['a', 'b', 'c'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];

beforeEach(() => {
  sending = new Sending();
});

describe('Sending', () => {
  it('writes all that one turn has for a socket at once', async () => {
    const client = new Client(sending);
    for (const frame of [a, b, c]) client.outbound.show(frame);
    expect(client.writes).toEqual([]);
    await turn();
    expect(client.writes.map(String)).toEqual(['abc']);
  });

  it('puts frames together once for all sockets that wait for the same, and for nobody else', async () => {
    const [one, two, other] = [new Client(sending), new Client(sending), new Client(sending)];
    for (const { outbound } of [one, two, other]) outbound.show(a);
    for (const { outbound } of [one, two]) outbound.show(b);
    other.outbound.show(c);
    await turn();
    expect([one.text, two.text, other.text]).toEqual(['ab', 'ab', 'ac']);
    expect(two.writes[0]).toBe(one.writes[0]);
  });

  it('keeps the order between what waits and what is written at once', async () => {
    const client = new Client(sending);
    client.outbound.show(a);
    client.outbound.write(b);
    client.outbound.show(c);
    await turn();
    expect(client.text).toBe('abc');
  });

  it('counts what waits as owed, and what was written as sent', async () => {
    const client = new Client(sending);
    for (const frame of [a, b]) client.outbound.show(frame);
    expect([client.outbound.bytes, client.outbound.sent, client.outbound.sentBytes]).toEqual([2, 0, 0]);
    await turn();
    expect([client.outbound.bytes, client.outbound.sent, client.outbound.sentBytes]).toEqual([0, 2, 2]);
  });

  it('writes nothing to a connection that closed meanwhile', async () => {
    const client = new Client(sending);
    client.outbound.show(a);
    client.isOpen = false;
    await turn();
    expect([client.writes, client.outbound.sent]).toEqual([[], 0]);
  });

  it('lets a small later batch overtake a large one', async () => {
    const many = Array.from({ length: 2_000 }, () => new Client(sending));
    for (const { outbound } of many) outbound.show(a);
    await turn();
    const few = new Client(sending);
    few.outbound.show(b);
    await turn();
    expect([few.text, many.at(-1)?.text]).toEqual(['b', '']);
    while (many.some(({ text }) => text === '')) await turn();
    expect(many.every(({ text }) => text === 'a')).toBe(true);
  });

  it('writes large frames with one call for a socket, too, and copies none', async () => {
    const large: Buffer[] = [Buffer.alloc(20_000, 'x'), Buffer.alloc(20_000, 'y')];
    const client = new Client(sending);
    for (const frame of large) client.outbound.show(frame);
    await turn();
    expect(client.writes.map((written) => large.indexOf(written))).toEqual([0, 1]);
  });

  it('calls back when everything that waited has been written', async () => {
    const many = Array.from({ length: 2_000 }, () => new Client(sending));
    for (const { outbound } of many) outbound.show(a);
    await turn();
    new Client(sending).outbound.show(b);
    const unwritten = new Promise<number>((resolve) => {
      sending.whenWritten(() => resolve(many.filter(({ text }) => text === '').length));
    });
    expect(await unwritten).toBe(0);
    let isCalled = false;
    sending.whenWritten(() => (isCalled = true));
    expect(isCalled).toBe(true);
  });
});
