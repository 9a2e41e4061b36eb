import { describe, expect, it } from '@jest/globals';
import {
  type CommonFrames,
  type Connection,
  type EventFrame,
  isEvent,
  isNotification,
  type Notification,
  type NotificationFrames,
  type Notifications,
  type OrgEvents,
  type OrgFrames,
} from '@herald/client';
import '../../src/app.module.js';
import {
  definedEvents,
  definedNotifications,
  type Notifications as ServerNotifications,
  type OrgEvents as ServerOrgEvents,
} from '../../src/realtime/index.js';

declare module '@herald/client' {
  interface OrgEvents {
    'spec.paid': { invoice_id: string; amount_cents: number };
  }
  interface Notifications {
    'spec.due': { invoice_id: string };
  }
}

/*
 * Checked by `npm run typecheck`, not at run time: there, an `@ts-expect-error` above a line that compiles is an error.
 */

/** Whether two types are the same, with the same fields and values. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the compiler compares such functions exactly
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** A catalogue without the types that specs and tests add. */
type Own<C> = {
  [T in keyof C as T extends `${'spec' | 'test'}.${string}` ? never : T]: { [F in keyof C[T]]: C[T][F] };
};

/** Connections typed as in applications, on which nothing arrives. */
const events = silent<OrgFrames>();
const notifications = silent<NotificationFrames>();

function silent<F extends CommonFrames>(): Pick<Connection<F>, 'on' | 'iterate'> {
  return { on: () => () => undefined, iterate: (): never => [] as never };
}

describe('the client’s catalogue', () => {
  it('matches the server’s, type by type and field by field', () => {
    const events: Same<Own<OrgEvents>, Own<ServerOrgEvents>> = true;
    const notifications: Same<Own<Notifications>, Own<ServerNotifications>> = true;
    expect([events, notifications]).toEqual([true, true]);
  });

  it('is compared in a way that detects any difference', () => {
    const differences: false[] = [
      false satisfies Same<{ a: string; b: string }, { a: string }>,
      false satisfies Same<{ a: string }, { a: string; b: string }>,
      false satisfies Same<{ a: string; b?: string }, { a: string }>,
      false satisfies Same<{ a: 'info' | 'warning' }, { a: string }>,
      false satisfies Same<Own<Omit<OrgEvents, 'member.left'>>, Own<ServerOrgEvents>>,
      false satisfies Same<Own<OrgEvents & { 'other.event': object }>, Own<ServerOrgEvents>>,
    ];
    expect(differences).not.toContain(true);
  });
});

describe('a listener for one type', () => {
  it('receives data as in the catalogue', () => {
    events.on('event:resource.created', ({ data, cursor }) => {
      const name: string = data.resource_name + cursor;
      // @ts-expect-error: there is no such field
      return [name, data.role];
    });
    events.on('event:member.joined', ({ data, event_type }) => {
      event_type satisfies 'member.joined';
      // @ts-expect-error: it can be null
      return data.user_email.length;
    });
    notifications.on('notification:message.received', ({ notification }) => {
      const text: string = notification.from + notification.title;
      // @ts-expect-error: there is no such field
      return [text, notification.task_id];
    });
    expect([...definedEvents('org').keys()]).toEqual(expect.arrayContaining(['resource.created', 'member.joined']));
  });

  it('receives data as an application has declared it', () => {
    events.on('event:spec.paid', ({ data }) => data.amount_cents.toFixed());
    // @ts-expect-error: cents are a number
    events.on('event:spec.paid', ({ data }) => data.amount_cents.length);
    notifications.on('notification:spec.due', ({ notification }) => notification.invoice_id.length);
    // @ts-expect-error: the id is a string
    notifications.on('notification:spec.due', ({ notification }) => notification.invoice_id.toFixed());
    expect([...definedEvents('org').keys()]).not.toContain('spec.paid');
  });

  it('receives untyped data for any other type', () => {
    events.on('event:spec.unknown', ({ data }) => data.anything);
    // @ts-expect-error: its type is unknown
    events.on('event:spec.unknown', ({ data }) => data.anything.length);
    notifications.on('notification:spec.unknown', ({ notification }) => [notification.title, notification.anything]);
    expect([...definedNotifications().keys()]).not.toContain('spec.unknown');
  });
});

describe('a listener', () => {
  it('has a name that its endpoint emits', () => {
    events.on('presence', ({ action, user_id }) => (action === 'joined' ? user_id : null));
    notifications.on('inbox', ({ unread_count, ids }) => unread_count + ids.length);
    events.on('state', ({ status }) => status === 'offline');
    // @ts-expect-error: there is no such status
    events.on('state', ({ status }) => status === 'open');
    // @ts-expect-error: the events have no inbox
    events.on('inbox', () => undefined);
    // @ts-expect-error: notifications have no presence
    notifications.on('presence', () => undefined);
    // @ts-expect-error: nothing has this name
    events.on('message', () => undefined);
    // @ts-expect-error: this belongs to the other endpoint
    events.on('notification:message.received', () => undefined);
    expect(events.on('event', () => undefined)).toBeInstanceOf(Function);
  });

  it('for all types can narrow the type', () => {
    const created = event({ type: 'event', event_type: 'resource.created', data: {}, cursor: 'c1' });
    if (isEvent(created, 'resource.created')) created.data.resource_name satisfies string;
    // @ts-expect-error: the others are untyped
    else expect(created.data.resource_name?.length).toBeUndefined();
    const due: Notification = { title: 'Due', timestamp: 'now', type: 'spec.due', invoice_id: '1' };
    if (isNotification(due, 'spec.due')) due.invoice_id satisfies string;
    // @ts-expect-error: the others are untyped
    else expect(due.invoice_id?.length).toBeUndefined();
    expect([isEvent(created, 'resource.created'), isEvent(created, 'resource.deleted')]).toEqual([true, false]);
    expect([isNotification(due, 'spec.due'), isNotification(due, 'message.received')]).toEqual([true, false]);
  });

  it('accepts known types where any may come', () => {
    const known: EventFrame<'member.left'> = { ...LEFT, type: 'event', event_type: 'member.left', cursor: 'c1' };
    expect(event(known)).toBe(known);
  });
});

const LEFT = { data: { user_id: 'bob', org_id: '1', timestamp: 'now' } };

function event(frame: EventFrame): EventFrame {
  return frame;
}
