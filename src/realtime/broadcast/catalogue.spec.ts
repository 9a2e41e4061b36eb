import { describe, expect, it } from '@jest/globals';
import { getMetadataStorage, IsInt, IsUUID } from 'class-validator';
import type { BroadcastService } from './broadcast.service.js';
import { DATA_CLASSES, defineNotification, defineOrgEvent, isCatalogueType } from './catalogue.js';

class SpecRefunded {
  @IsUUID()
  invoice_id: string;

  @IsInt()
  amount_cents: number;
}

class InvoiceOnly {
  @IsUUID()
  invoice_id: string;
}

class RefundedTo extends SpecRefunded {
  @IsUUID()
  account_id: string;
}

class Bare {
  invoice_id: string;
}

declare module './catalogue.js' {
  interface OrgEvents {
    'spec.paid': { invoice_id: string; amount_cents: number };
    'spec.refunded': SpecRefunded;
    'spec.bare': Bare;
    SpecUpperCase: SpecRefunded;
  }
  interface Notifications {
    'spec.due': { invoice_id: string };
    'spec.reminded': InvoiceOnly;
  }
}

/**
 * Verified by `npm run typecheck`, not by running it: an `@ts-expect-error` above a line that compiles is an error
 * there. Nothing is sent.
 */
const broadcast: Pick<BroadcastService, 'broadcastOrgEvent' | 'broadcastNotification'> = {
  broadcastOrgEvent: () => Promise.resolve(),
  broadcastNotification: () => Promise.resolve({ outcome: 'stored', notification: {} }),
};

const ORG = '123e4567-e89b-12d3-a456-426614174000';
const CREATED = { resource_id: '1', resource_name: 'Report', org_id: ORG, sensitivity: 'normal', timestamp: 'now' };
const LEFT = { user_id: 'bob', org_id: ORG, timestamp: 'now' };
const ALERT = { alert_type: 'general', message: 'Look', timestamp: 'now' };
const DUE = { title: 'Due', type: 'spec.due' } as const;
const MESSAGE = { title: 'New message', type: 'message.received', message_id: '1', org_id: ORG } as const;

describe('the typed catalogue', () => {
  it('accepts an event of the catalogue only with its own data', async () => {
    await broadcast.broadcastOrgEvent(ORG, 'resource.created', CREATED);
    // @ts-expect-error: nearly all fields are missing
    await broadcast.broadcastOrgEvent(ORG, 'resource.created', { resource_id: '1' });
    // @ts-expect-error: an id is a text
    await broadcast.broadcastOrgEvent(ORG, 'resource.created', { ...CREATED, resource_id: 1 });
    // @ts-expect-error: there is no such field
    await broadcast.broadcastOrgEvent(ORG, 'member.left', { ...LEFT, role: 'owner' });
    // @ts-expect-error: there is no such severity
    await broadcast.broadcastOrgEvent(ORG, 'system.alert', { ...ALERT, severity: 'bad' });
    expect(isCatalogueType('resource.created')).toBe(true);
  });

  it('accepts an event declared by an application only with its own data', async () => {
    await broadcast.broadcastOrgEvent(ORG, 'spec.paid', { invoice_id: '1', amount_cents: 1_999 });
    // @ts-expect-error: cents are a number
    await broadcast.broadcastOrgEvent(ORG, 'spec.paid', { invoice_id: '1', amount_cents: '19.99' });
    // @ts-expect-error: the amount is missing
    await broadcast.broadcastOrgEvent(ORG, 'spec.paid', { invoice_id: '1' });
    expect(isCatalogueType('spec.paid')).toBe(false);
  });

  it('accepts an event of any other type with any object', async () => {
    await broadcast.broadcastOrgEvent(ORG, 'spec.unknown', { anything: [1, { goes: true }] });
    const type = ['spec', 'unknown'].join('.');
    await broadcast.broadcastOrgEvent(ORG, type, { anything: 1 });
    // @ts-expect-error: data is an object
    await broadcast.broadcastOrgEvent(ORG, 'spec.unknown', 'text');
    expect(isCatalogueType('spec.unknown')).toBe(false);
  });

  it('accepts a notification of a known type only with its own fields', async () => {
    await broadcast.broadcastNotification('bob', { ...MESSAGE, from: 'alice' });
    await broadcast.broadcastNotification('bob', { ...DUE, invoice_id: '1' });
    // @ts-expect-error: the sender is missing
    await broadcast.broadcastNotification('bob', MESSAGE);
    // @ts-expect-error: the sender is an id
    await broadcast.broadcastNotification('bob', { ...MESSAGE, from: { id: 'alice' } });
    // @ts-expect-error: the invoice is missing
    await broadcast.broadcastNotification('bob', DUE);
    expect(isCatalogueType('message.received')).toBe(true);
  });

  it('accepts a notification of any other type, or without a type, with any fields', async () => {
    await broadcast.broadcastNotification('bob', { title: 'Hello', anything: 1 });
    await broadcast.broadcastNotification('bob', { title: 'Hello', type: 'spec.unknown', anything: 1 });
    // @ts-expect-error: the title is missing
    await broadcast.broadcastNotification('bob', { body: 'Hello' });
    expect(isCatalogueType('spec.due')).toBe(false);
  });
});

describe('the fields of the catalogue', () => {
  const SECRET = /token|password|passwd|secret|authorization|credential|api_?key|cookie|hash|ticket/i;

  it.each([...DATA_CLASSES.orgEvents, ...DATA_CLASSES.notifications])(
    // @abuse PUB-24
    'hold no secrets in %s',
    (_, dataClass) => {
      const rules = getMetadataStorage().getTargetValidationMetadatas(dataClass, '', false, false);
      const fields = rules.map(({ propertyName }) => propertyName);
      expect(fields).not.toEqual([]);
      expect(fields.filter((field) => SECRET.test(field))).toEqual([]);
    },
  );
});

describe('a class of the application', () => {
  /** For calls that the compiler refuses: defines nothing. */
  const compiled: typeof defineOrgEvent = () => undefined;

  it('is registered for its type, which stays outside the catalogue', () => {
    defineOrgEvent('spec.refunded', SpecRefunded);
    defineNotification('spec.reminded', InvoiceOnly);
    expect(DATA_CLASSES.orgEvents.get('spec.refunded')).toBe(SpecRefunded);
    expect(DATA_CLASSES.notifications.get('spec.reminded')).toBe(InvoiceOnly);
    expect(isCatalogueType('spec.refunded') || isCatalogueType('spec.reminded')).toBe(false);
  });

  it('must have exactly the fields that the interface declares', () => {
    // @ts-expect-error: the amount is missing
    compiled('spec.paid', InvoiceOnly);
    // @ts-expect-error: no account is declared
    compiled('spec.paid', RefundedTo);
    // @ts-expect-error: the type is not declared
    compiled('spec.unknown', SpecRefunded);
    compiled('spec.paid', SpecRefunded);
    expect(DATA_CLASSES.orgEvents.has('spec.paid')).toBe(false);
  });

  it('is refused for a type that already has one', () => {
    expect(() => defineOrgEvent('system.alert', DATA_CLASSES.orgEvents.get('system.alert') as never)).toThrow(
      'system.alert is already defined by OrgAlert',
    );
  });

  it('is refused without validators, or for a type of another form', () => {
    expect(() => defineOrgEvent('spec.bare', Bare)).toThrow('Bare has no validators');
    expect(() => defineOrgEvent('SpecUpperCase', SpecRefunded)).toThrow(
      'takes the form word.word, got "SpecUpperCase"',
    );
  });
});
