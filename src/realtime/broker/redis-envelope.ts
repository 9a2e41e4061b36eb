import type { Message, Publication } from './broker.js';
import { formatCursor, parseCursor } from './cursor.js';

/**
 * `1 <cursor> <message id> frame <former cursor> [<except>] <published at>`, a line feed, the JSON. The first word is the version: others
 * are not ours to read. Release 0.1.0 had messages to processes here, too, of other kinds than `frame`. What a later release adds to this one are words of the form `name=value` at the end, which may be ignored.
 */
const HEADER = /^1 (\S+) (\S+) (\S+) (\S+)(?: (\S+))? (\d{1,15})(?: [a-z_]+=\S*)*$/;
const LONGEST_HEADER = 250;
const LINE_FEED = 0x0a;

const FRAME = 'frame';

/** Stands in the place of a cursor that there is none of. */
const NO_CURSOR = '-';

/** The words of the header that a message brings with it. */
export function headOf({ id, formerPosition, except }: Message): string {
  const formerCursor = formerPosition === null ? NO_CURSOR : formatCursor(formerPosition);
  return [id, FRAME, formerCursor, ...(except === null ? [] : [except])].join(' ');
}

/** Reads what `PUBLISH_SCRIPT` has sent or stored; null if something else wrote there. */
export function readEnvelope(message: Buffer): Omit<Publication, 'channel'> | null {
  const end = message.subarray(0, LONGEST_HEADER).indexOf(LINE_FEED);
  if (end === -1) return null;
  const [, cursor = '', id = '', kind, formerCursor = '', except = null, publishedAt] =
    HEADER.exec(message.toString('latin1', 0, end)) ?? [];
  const position = parseCursor(cursor);
  if (position === null || kind !== FRAME) return null;
  return {
    id,
    position,
    except,
    formerPosition: parseCursor(formerCursor),
    publishedAt: Number(publishedAt),
    payload: message.subarray(end + 1),
  };
}
