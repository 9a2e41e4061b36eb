import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatCursor, newEpoch } from './cursor.js';
import { readEnvelope } from './redis-envelope.js';

const POSITION = { epoch: newEpoch(), offset: 7, tag: 'deadbeef' };

describe('readEnvelope', () => {
  it('reads position, id and payload', () => {
    const message = Buffer.from(`1 ${formatCursor(POSITION)} some-id frame - 1700000000123\n{"a":"\n"}`);
    expect(readEnvelope(message)).toEqual({
      position: POSITION,
      id: 'some-id',
      except: null,
      formerPosition: null,
      publishedAt: 1_700_000_000_123,
      payload: Buffer.from('{"a":"\n"}'),
    });
  });

  it('reads the connection that a message is not for', () => {
    const message = Buffer.from(`1 ${formatCursor(POSITION)} some-id frame - some-key 1700000000123\n{}`);
    expect(readEnvelope(message)).toMatchObject({ except: 'some-key', publishedAt: 1_700_000_000_123 });
  });

  it.each(['further=1', 'further=a=b trace_id=', 'further=2026-01-01T00:00:00Z more=7'])(
    // @abuse RED-26
    'ignores what a later release has added (%s)',
    (added) => {
      const message = Buffer.from(`1 ${formatCursor(POSITION)} some-id frame - some-key 1700000000123 ${added}\n{}`);
      expect(readEnvelope(message)).toMatchObject({ except: 'some-key', publishedAt: 1_700_000_000_123 });
      const toAll = Buffer.from(`1 ${formatCursor(POSITION)} some-id frame - 1700000000123 ${added}\n{}`);
      expect(readEnvelope(toAll)).toMatchObject({ except: null, publishedAt: 1_700_000_000_123 });
    },
  );

  it.each([
    ['nothing', ''],
    ['one byte', 'x'],
    ['a frame without a header', '{"type":"event"}\n'],
    ['another version', `2 ${formatCursor(POSITION)} some-id frame - 1\n{}`],
    ['an extra word', `1 ${formatCursor(POSITION)} some-id frame - some-key 1 word\n{}`],
    ['an invalid cursor', '1 cursor some-id frame - 1\n{}'],
    ['an unknown kind', `1 ${formatCursor(POSITION)} some-id noise - 1\n{}`],
    ['a header without an end', `1 ${'x'.repeat(10_000)}`],
  ])('treats %s as another program’s message', (_, text) => {
    expect(readEnvelope(Buffer.from(text))).toBeNull();
  });

  it('never throws, whatever another program writes to the channel', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => readEnvelope(Buffer.from(bytes)) === null));
  });
});
