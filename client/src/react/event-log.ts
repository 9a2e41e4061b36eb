import type { OrgFrames } from '../connection.js';
import type { EventFrame } from '../frames.js';
import { Cell } from './cell.js';
import type { LiveEndpoint } from './live-endpoint.js';

/** The latest events that one component has seen, newest first. */
export class EventLog {
  private readonly events = new Cell<readonly EventFrame[]>([]);

  /** @param types only these; null: all */
  constructor(
    private readonly endpoint: LiveEndpoint<OrgFrames> | null,
    private readonly types: readonly string[] | null,
    private readonly limit: number,
  ) {}

  readonly snapshot = this.events.get;

  readonly subscribe = (listener: () => void): (() => void) => {
    const off = this.events.listen(listener);
    const offEvents = this.endpoint?.on('event', (event) => {
      if (this.takes(event)) this.events.set([event, ...this.events.get()].slice(0, this.limit));
    });
    return () => {
      off();
      offEvents?.();
    };
  };

  takes({ event_type }: EventFrame): boolean {
    return this.types === null || this.types.includes(event_type);
  }
}
