/** An AsyncAPI message: one kind of frame. */
export interface Frame {
  name: string;
  title?: string;
  summary: string;
  contentType: 'application/json';
  payload: object;
}

interface Message extends Frame {
  examples: { payload: object }[];
}

const TIME = { type: 'string', format: 'date-time' };
const ORG_ID = { type: 'string', format: 'uuid' };
export const CURSOR = { type: 'string', description: 'Opaque; grows along the channel' };

const EXAMPLE_ORG = '123e4567-e89b-42d3-a456-426614174000';
const EXAMPLE_WELCOME = {
  type: 'connection.established',
  user_id: 'alice',
  connection_id: '01890a5d-ac96-774b-bcce-b302099a8057',
  expires_at: '2026-01-15T11:30:00.000Z',
  timestamp: '2026-01-15T10:30:00.000Z',
  transport: 'websocket',
  heartbeat_interval: 25,
  cursor: 'c1',
};

const WELCOME_FIELDS = {
  message: { type: 'string' },
  user_id: { type: 'string', description: 'The `sub` of the token' },
  connection_id: { type: 'string', format: 'uuid' },
  expires_at: { ...TIME, description: 'When the token expires, and the connection with it' },
  timestamp: {
    ...TIME,
    description: 'The server’s time, for comparison with `expires_at`: clients’ clocks may be wrong',
  },
  transport: { type: 'string', enum: ['websocket', 'sse'], description: '`sse`: server-sent events' },
  heartbeat_interval: { type: 'number', description: 'Seconds between protocol pings of the server' },
  cursor: CURSOR,
};

/** The fields that any notification may have. Further fields are the sender's. */
export const NOTIFICATION_FIELDS = {
  id: { type: 'string', format: 'uuid', description: 'Its id in the inbox; absent if it is not stored' },
  title: { type: 'string', minLength: 1, maxLength: 200 },
  body: { type: 'string', maxLength: 4_000 },
  type: { type: 'string', description: "One of the catalogue's types, such as `task.completed`" },
  timestamp: TIME,
  action_url: { type: 'string' },
};

const RESUMED = {
  resumed: {
    type: 'boolean',
    description:
      'Only if a cursor was given. True: everything missed follows, up to `cursor`. False: history does not reach back to ' +
      'it, so fetch what was missed over HTTP',
  },
};

/** Every frame of the WebSocket API. Objects may have further fields; clients ignore what they do not know. */
export const MESSAGES = {
  notificationsWelcome: message(
    'connection.established',
    'Always the first frame',
    WELCOME_FIELDS,
    { ...EXAMPLE_WELCOME, message: 'Connected to notifications' },
    RESUMED,
  ),
  /** Of gateways that an application adds. */
  welcome: message(
    'connection.established',
    'Always the first frame',
    WELCOME_FIELDS,
    { ...EXAMPLE_WELCOME, message: 'Connected to projects' },
    RESUMED,
  ),
  eventsWelcome: message(
    'connection.established',
    'Always the first frame',
    { ...WELCOME_FIELDS, org_id: ORG_ID },
    { ...EXAMPLE_WELCOME, message: 'Connected to organization events', org_id: EXAMPLE_ORG },
    RESUMED,
  ),
  notification: message(
    'notification',
    'A notification of the user',
    {
      cursor: CURSOR,
      notification: {
        type: 'object',
        required: ['title', 'timestamp'],
        properties: NOTIFICATION_FIELDS,
      },
    },
    {
      type: 'notification',
      notification: {
        id: '01890a5d-ac96-774b-bcce-b302099a8057',
        title: 'Task Complete',
        body: 'Your export is ready',
        timestamp: '2026-01-15T10:30:00.000Z',
        action_url: '/downloads/export.csv',
      },
      cursor: 'c2',
    },
  ),
  inbox: message(
    'inbox',
    'A change to the inbox, to keep a user’s devices in sync',
    {
      action: { type: 'string', enum: ['read', 'read_all', 'deleted'] },
      ids: { type: 'array', items: { type: 'string', format: 'uuid' }, description: 'Empty with `read_all`' },
      unread_count: { type: 'integer', maximum: 99 },
      has_more: { type: 'boolean', description: 'There are more than 99' },
      cursor: CURSOR,
    },
    {
      type: 'inbox',
      action: 'read',
      ids: ['01890a5d-ac96-774b-bcce-b302099a8057'],
      unread_count: 3,
      has_more: false,
      cursor: 'c2',
    },
    {
      up_to: {
        type: ['string', 'null'],
        format: 'uuid',
        description: 'With `read_all`: newer notifications stay unread; null: all were read',
      },
    },
  ),
  authRefreshed: message(
    'auth.refreshed',
    'The connection now lives as long as the new token',
    { expires_at: TIME },
    { type: 'auth.refreshed', expires_at: '2026-01-15T12:30:00.000Z' },
  ),
  event: message(
    'event',
    'Something that happened in the organization',
    {
      cursor: CURSOR,
      event_type: { type: 'string', pattern: '^[a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*$' },
      data: { type: 'object' },
    },
    {
      type: 'event',
      event_type: 'resource.created',
      data: {
        resource_id: '01890a5d-ac96-774b-bcce-b302099a8057',
        resource_name: 'Plan',
        org_id: EXAMPLE_ORG,
        sensitivity: 'normal',
        timestamp: '2026-01-15T10:30:00.000Z',
      },
      cursor: 'c3',
    },
  ),
  presence: message(
    'presence',
    'Only with `?presence=true`: a member’s first connection across all nodes, or the end of the last one, told 5 s later unless the member is back by then. Has no cursor, and is not repeated when a client resumes',
    { action: { type: 'string', enum: ['joined', 'left'] }, user_id: { type: 'string' } },
    { type: 'presence', action: 'joined', user_id: 'bob' },
  ),
  pong: message(
    'pong',
    'The answer to a ping',
    { timestamp: { type: ['string', 'number', 'null'], description: "The ping's timestamp, unchanged" } },
    { type: 'pong', timestamp: '2026-01-15T10:30:00Z' },
  ),
  error: message(
    'error',
    'A message of the client was not accepted; the connection stays open',
    {
      message: { type: 'string' },
      code: { type: 'string', enum: ['invalid_json', 'invalid_message', 'unknown_type', 'rate_limited'] },
    },
    { type: 'error', message: 'Invalid JSON', code: 'invalid_json' },
  ),
  auth: message(
    'auth',
    "Gives the connection a new token of the same user; another user's, or one that does not verify, closes it with 4001",
    { token: { type: 'string' } },
    { type: 'auth', token: 'eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl' },
  ),
  ping: {
    ...message('ping', 'Asks for a pong', {}, { type: 'ping', timestamp: '2026-01-15T10:30:00Z' }),
    payload: {
      type: 'object',
      required: ['type'],
      properties: { type: { const: 'ping' }, timestamp: { type: ['string', 'number', 'null'] } },
    },
  },
} as const satisfies Record<string, Message>;

export type FixedMessageName = keyof typeof MESSAGES;

function message(
  type: string,
  summary: string,
  fields: Record<string, object>,
  example: object,
  optional: Record<string, object> = {},
): Message {
  return { ...frame(type, summary, fields, optional), examples: [{ payload: example }] };
}

/** A frame in which all fields are required, except the optional ones. */
export function frame(
  type: string,
  summary: string,
  fields: Record<string, object>,
  optional: Record<string, object> = {},
): Frame {
  return {
    name: type,
    summary,
    contentType: 'application/json',
    payload: {
      type: 'object',
      required: ['type', ...Object.keys(fields)],
      properties: { type: { const: type }, ...fields, ...optional },
    },
  };
}
