import { type Message, MESSAGE_KINDS, type Publication } from './broker.js';
import { formatCursor, parseCursor } from './cursor.js';

/**
 * `1 <cursor> <message id> <kind> <former cursor> [<except>] <published at>`, a line feed, the JSON. The first word is the version: others
 * are not ours to read. What a later release adds to this one are words of the form `name=value` at the end, which may be ignored.
 */
const HEADER = /^1 (\S+) (\S+) (\S+) (\S+)(?: (\S+))? (\d{1,15})(?: [a-z_]+=\S*)*$/;
const LONGEST_HEADER = 250;
const LINE_FEED = 0x0a;

/** Stands in the place of a cursor that there is none of. */
const NO_CURSOR = '-';

/** The words of the header that a message brings with it. */
export function headOf({ id, kind, formerPosition, except }: Message): string {
  const formerCursor = formerPosition === null ? NO_CURSOR : formatCursor(formerPosition);
  return [id, kind, formerCursor, ...(except === null ? [] : [except])].join(' ');
}

/** Reads what `PUBLISH_SCRIPT` has sent or stored; null if something else wrote there. */
export function readEnvelope(message: Buffer): Omit<Publication, 'channel'> | null {
  const end = message.subarray(0, LONGEST_HEADER).indexOf(LINE_FEED);
  if (end === -1) return null;
  const [, cursor = '', id = '', kindName, formerCursor = '', except = null, publishedAt] =
    HEADER.exec(message.toString('latin1', 0, end)) ?? [];
  const position = parseCursor(cursor);
  const kind = MESSAGE_KINDS.find((each) => each === kindName);
  if (position === null || kind === undefined) return null;
  return {
    id,
    kind,
    position,
    except,
    formerPosition: parseCursor(formerCursor),
    publishedAt: Number(publishedAt),
    payload: message.subarray(end + 1),
  };
}
