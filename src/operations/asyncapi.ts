import { type CatalogueMessageName, eventMessages, notificationMessages } from './asyncapi-catalogue.js';
import { MESSAGES, type FixedMessageName } from './asyncapi-messages.js';
import { type GatewayRoute, orgChannel } from '../realtime/index.js';

type MessageName = FixedMessageName | CatalogueMessageName;

/** An AsyncAPI 3.0 document, typed only as far as needed here. */
export interface AsyncApiDocument {
  asyncapi: '3.0.0';
  info: object;
  servers: object;
  channels: object;
  operations: object;
  components: object;
}

const REFUSALS =
  'A refused credential completes the handshake and is then closed: 4001 (get a new token) or 4003 (not a member). ' +
  'Close codes: 4001 also when the token expires or an administrator disconnects the user, 1012 restarting, 1013 try again (with the last cursor), 4008 too slow, 4029 too many messages or connections.';

const EVENT_STREAMS =
  'The same messages come as server-sent events under /sse/… instead of /ws/…: GET, one data: line a message, its cursor ' +
  'as id:, resumed by Last-Event-ID or cursor; the end is an event named close with code and reason.';

/** Query parameters of the upgrade request. */
const BINDINGS = {
  ws: {
    bindingVersion: '0.1.0',
    query: {
      type: 'object',
      properties: {
        cursor: {
          type: 'string',
          description:
            'The last cursor seen, to receive what was missed since; the welcome says whether that is complete',
        },
        ticket: { type: 'string', description: 'From POST /api/v1/realtime/tickets: opens one connection within 30 s' },
        token: {
          type: 'string',
          description: 'The access token, for clients that can’t set headers; masked in all logs',
        },
      },
    },
  },
};

const EVENTS_BINDINGS = {
  ws: {
    ...BINDINGS.ws,
    query: {
      type: 'object',
      properties: {
        ...BINDINGS.ws.query.properties,
        presence: { type: 'string', enum: ['true'], description: 'Asks for `presence` frames' },
      },
    },
  },
};

/** Messages on both channels. */
const CONVERSATION = ['ping', 'pong', 'auth', 'authRefreshed', 'error'] as const;

interface Reference {
  $ref: string;
}

/**
 * Describes the WebSocket API (AsyncAPI 3.0). "send" and "receive" are from the server's point of view.
 * @param host where the server was reached, such as `localhost:8000`
 */
export function asyncApiDocument(
  host: string,
  protocol: 'ws' | 'wss',
  gateways: readonly GatewayRoute[] = [],
): AsyncApiDocument {
  const [notifications, events] = [notificationMessages(), eventMessages(orgChannel.kind)];
  const others = gateways.filter(({ name }) => name !== 'notifications' && name !== 'events');
  const eventsOf = ({ kinds }: GatewayRoute): CatalogueMessageName[] =>
    kinds.flatMap((kind) => namesOf(eventMessages(kind)));
  const [notificationNames, eventNames] = [namesOf(notifications), namesOf(events)];
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Herald',
      version: '1.0',
      description: `Live notifications and organization events. Text frames, one JSON object each. ${REFUSALS} ${EVENT_STREAMS}`,
    },
    servers: { herald: { host, protocol, security: [{ $ref: '#/components/securitySchemes/bearer' }] } },
    channels: {
      notifications: {
        address: '/ws/notifications/',
        description: "The user's own notifications.",
        messages: messagesOf('notificationsWelcome', 'notification', ...notificationNames, 'inbox', ...CONVERSATION),
        bindings: BINDINGS,
      },
      events: {
        address: '/ws/events/{org_id}/',
        description: "An organization's events, for its members.",
        parameters: { org_id: { description: "The organization's UUID" } },
        messages: messagesOf('eventsWelcome', 'event', ...eventNames, 'presence', ...CONVERSATION),
        bindings: EVENTS_BINDINGS,
      },
      ...Object.fromEntries(others.map((gateway) => [gateway.name, channelOfGateway(gateway, eventsOf(gateway))])),
    },
    operations: {
      ...Object.fromEntries(
        others.flatMap((gateway) => [
          [`send.${gateway.name}`, send(gateway.name, 'welcome', 'event', ...eventsOf(gateway), 'error')],
          [`answerPing.${gateway.name}`, answer(gateway.name, 'ping', 'pong')],
          [`answerAuth.${gateway.name}`, answer(gateway.name, 'auth', 'authRefreshed')],
        ]),
      ),
      sendNotifications: send(
        'notifications',
        'notificationsWelcome',
        'notification',
        ...notificationNames,
        'inbox',
        'error',
      ),
      answerNotificationsPing: answer('notifications', 'ping', 'pong'),
      answerNotificationsAuth: answer('notifications', 'auth', 'authRefreshed'),
      sendEvents: send('events', 'eventsWelcome', 'event', ...eventNames, 'presence', 'error'),
      answerEventsPing: answer('events', 'ping', 'pong'),
      answerEventsAuth: answer('events', 'auth', 'authRefreshed'),
    },
    components: {
      messages: {
        ...MESSAGES,
        ...notifications,
        ...events,
        ...Object.fromEntries(
          others.flatMap(({ kinds }) => kinds.flatMap((kind) => Object.entries(eventMessages(kind)))),
        ),
      },
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description:
            'Or the subprotocols `herald.v1, access_token.<base64url(jwt)>`, `?ticket=<ticket>`, or `?token=<jwt>`.',
        },
      },
    },
  };
}

/** The channel of a gateway that the application has added. */
function channelOfGateway({ path }: GatewayRoute, events: readonly CatalogueMessageName[]): object {
  const parameters = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => [name, {}] as const);
  return {
    address: `${path.replace(/:(\w+)/g, '{$1}')}/`,
    ...(parameters.length > 0 && { parameters: Object.fromEntries(parameters) }),
    messages: messagesOf('welcome', 'event', ...events, ...CONVERSATION),
    bindings: BINDINGS,
  };
}

function namesOf(messages: Record<CatalogueMessageName, object>): CatalogueMessageName[] {
  // `Object.keys` loses the type.
  return Object.keys(messages) as CatalogueMessageName[];
}

function messagesOf(...names: MessageName[]): Record<string, Reference> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/messages/${name}` }]));
}

function send(channel: string, ...names: MessageName[]): object {
  return { action: 'send', channel: channelOf(channel), messages: names.map((name) => messageOf(channel, name)) };
}

function answer(channel: string, question: MessageName, reply: MessageName): object {
  return {
    action: 'receive',
    channel: channelOf(channel),
    messages: [messageOf(channel, question)],
    reply: { channel: channelOf(channel), messages: [messageOf(channel, reply)] },
  };
}

function channelOf(channel: string): Reference {
  return { $ref: `#/channels/${channel}` };
}

function messageOf(channel: string, name: MessageName): Reference {
  return { $ref: `#/channels/${channel}/messages/${name}` };
}
