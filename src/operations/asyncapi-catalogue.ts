import { DATA_CLASSES } from '../realtime/index.js';
import { CURSOR, type Frame, frame, NOTIFICATION_FIELDS } from './asyncapi-messages.js';
import { schemaOf } from './data-schema.js';

/** For example `event.resource.created`; prefixed, as an event and a notification may have the same type. */
export type CatalogueMessageName = `event.${string}` | `notification.${string}`;

type CatalogueMessages = Record<CatalogueMessageName, Frame>;

/**
 * The messages of every type with a registered class, including an application's. Call it after the application's modules are
 * loaded.
 */
export function catalogueMessages(): Record<'events' | 'notifications', CatalogueMessages> {
  const { orgEvents, notifications } = DATA_CLASSES;
  return {
    events: Object.fromEntries(
      [...orgEvents].map(([type, dataClass]) => {
        const fields = { cursor: CURSOR, event_type: { const: type }, data: schemaOf(dataClass) };
        const summary = `An event of the type ${type}`;
        return [`event.${type}`, { ...frame('event', summary, fields), title: type }];
      }),
    ),
    notifications: Object.fromEntries(
      [...notifications].map(([type, dataClass]) => {
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
    ),
  };
}
