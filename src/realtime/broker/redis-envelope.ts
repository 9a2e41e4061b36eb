import type { Message, Publication } from './broker.js';
import { formatCursor, parseCursor } from './cursor.js';

/**
 * `1 <cursor> <message id> frame <former cursor> [<except>] <published at>`, a line feed, the JSON. The first word is
 * the version; other versions are dropped. Release 0.1.0 also sent messages to processes here, of other kinds than
 * `frame`. Later releases may append words of the form `name=value`, which are ignored.
 */
const HEADER = /^1 (\S+) (\S+) (\S+) (\S+)(?: (\S+))? (\d{1,15})(?: [a-z_]+=\S*)*$/;
const LONGEST_HEADER = 250;
const LINE_FEED = 0x0a;

const FRAME = 'frame';

/** Stands for a missing cursor. */
const NO_CURSOR = '-';

/** The part of the header that is known before publishing. */
export function headOf({ id, formerPosition, except }: Message): string {
  const formerCursor = formerPosition === null ? NO_CURSOR : formatCursor(formerPosition);
  return [id, FRAME, formerCursor, ...(except === null ? [] : [except])].join(' ');
}

/** Reads what `PUBLISH_SCRIPT` has sent or stored; null if another program wrote it. */
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
