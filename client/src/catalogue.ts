/** The organization events whose `data` is known. An application adds its own by declaration merging. */
export interface OrgEvents {
  'member.left': { user_id: string; org_id: string; timestamp: string };
}

/** The notifications of which it is known what comes with them, besides `title`, `body` and `timestamp`. */
export interface Notifications {
  'message.received': { message_id: string; org_id: string; from: string };
}
