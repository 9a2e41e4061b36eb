import { definedEvents, definedNotifications, orgChannel } from '../realtime/index.js';
import { CURSOR, type Frame, frame, NOTIFICATION_FIELDS } from './asyncapi-messages.js';
import { schemaOf } from './data-schema.js';

/** For example `event.resource.created`; prefixed, as an event and a notification may have the same type. */
export type CatalogueMessageName = `event.${string}` | `notification.${string}`;

type CatalogueMessages = Record<CatalogueMessageName, Frame>;

/**
 * The messages of every event type that a kind of channels declares. Call it after the application's modules are
 * loaded.
 */
export function eventMessages(kind: string): CatalogueMessages {
  const prefix = kind === orgChannel.kind ? 'event' : `event.${kind}`;
  return Object.fromEntries(
    [...definedEvents(kind)].map(([type, dataClass]) => {
      const fields = { cursor: CURSOR, event_type: { const: type }, data: schemaOf(dataClass) };
      const described = frame('event', `An event of the type ${type}`, fields);
      return [`${prefix}.${type}`, { ...described, title: type }];
    }),
  );
}

/** The messages of every notification type with a class. Call it after the application's modules are loaded. */
export function notificationMessages(): CatalogueMessages {
  return Object.fromEntries(
    [...definedNotifications()].map(([type, dataClass]) => {
      const { required, properties } = schemaOf(dataClass);
      const notification = {
        type: 'object',
        required: ['title', 'timestamp', 'type', ...required],
        properties: { ...NOTIFICATION_FIELDS, type: { const: type }, ...properties },
      };
      const summary = `A notification of the type ${type}, as the backend sends it`;
      const described = frame('notification', summary, { cursor: CURSOR, notification });
      return [`notification.${type}`, { ...described, title: type }];
    }),
  );
}
