import type { AnyFrame } from './link.js';

/** The fields of a channel's frame that decide which listeners get it. */
export interface ChannelFrame extends AnyFrame {
  event_type?: string;
  notification?: { type?: string; id?: string };
}

/** The names under which listeners get a frame; empty for a type that this version does not know. */
export function namesOf({ type, event_type, notification }: ChannelFrame): string[] {
  if (!/^(notification|inbox|event|presence)$/.test(type)) return [];
  const subtype = event_type ?? notification?.type;
  return subtype === undefined ? [type] : [type, `${type}:${subtype}`];
}
