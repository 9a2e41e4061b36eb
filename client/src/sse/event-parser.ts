/** One event of a stream. */
export interface StreamEvent {
  /** `message` unless the server names it. */
  name: string;
  id: string | undefined;
  data: string;
}

/**
 * Reads an event stream as it arrives (https://html.spec.whatwg.org/multipage/server-sent-events.html), of which Herald sends
 * one `data:` line an event.
 */
export class EventParser {
  private rest = '';

  /** @returns the events that this text completes; comments are none */
  read(text: string): StreamEvent[] {
    const blocks = (this.rest + text).split(/\r?\n\r?\n/);
    this.rest = blocks.pop() ?? '';
    return blocks.flatMap(eventOf);
  }
}

function eventOf(block: string): StreamEvent[] {
  const fields = new Map<string, string>();
  for (const line of block.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    fields.set(line.slice(0, colon), line.slice(colon + 1).replace(/^ /, ''));
  }
  const data = fields.get('data');
  return data === undefined ? [] : [{ name: fields.get('event') ?? 'message', id: fields.get('id'), data }];
}
