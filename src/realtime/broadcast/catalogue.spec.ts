import { describe, expect, it } from '@jest/globals';
import { IsInt, IsUUID } from 'class-validator';
import { isUuid } from '../broker/channel.js';
import type { BroadcastService } from './broadcast.service.js';
import { defineChannel, defineNotification, defineOrgEvent } from './catalogue.js';
import { definedEvents, definedNotifications, isReservedType } from './data-classes.js';

class SpecPaid {
  @IsUUID()
  invoice_id: string;

  @IsInt()
  amount_cents: number;
}

class InvoiceOnly {
  @IsUUID()
  invoice_id: string;
}

class PaidTo extends SpecPaid {
  @IsUUID()
  account_id: string;
}

class Bare {
  invoice_id: string;
}

declare module '../index.js' {
  interface OrgEvents {
    'spec.paid': SpecPaid;
    'spec.refunded': SpecPaid;
    'spec.open': InvoiceOnly;
    'spec.bare': Bare;
    SpecUpperCase: SpecPaid;
  }
  interface Notifications {
    'spec.due': InvoiceOnly;
    'spec.reminded': InvoiceOnly;
  }
}

/**
 * Verified by `npm run typecheck`, not by running it: an `@ts-expect-error` above a line that compiles is an error
 * there. Nothing is sent.
 */
const broadcast: Pick<BroadcastService, 'broadcastOrgEvent' | 'broadcastNotification' | 'publish'> = {
  broadcastOrgEvent: () => Promise.resolve(),
  broadcastNotification: () => Promise.resolve({ outcome: 'stored', notification: {} }),
  publish: () => Promise.resolve(),
};

const ID = '123e4567-e89b-12d3-a456-426614174000';
const DUE = { title: 'Due', type: 'spec.due' } as const;

describe('the typed catalogue', () => {
  it('accepts an event that a feature declares only with its own data', async () => {
    await broadcast.broadcastOrgEvent(ID, 'spec.paid', { invoice_id: '1', amount_cents: 1_999 });
    // @ts-expect-error: cents are a number
    await broadcast.broadcastOrgEvent(ID, 'spec.paid', { invoice_id: '1', amount_cents: '19.99' });
    // @ts-expect-error: the amount is missing
    await broadcast.broadcastOrgEvent(ID, 'spec.paid', { invoice_id: '1' });
    // @ts-expect-error: there is no such field
    await broadcast.broadcastOrgEvent(ID, 'spec.paid', { invoice_id: '1', amount_cents: 1, to: 'bob' });
    expect(definedEvents('org').has('spec.paid')).toBe(false);
  });

  it('accepts an event of any other type with any object', async () => {
    await broadcast.broadcastOrgEvent(ID, 'spec.unknown', { anything: [1, { goes: true }] });
    const type = ['spec', 'unknown'].join('.');
    await broadcast.broadcastOrgEvent(ID, type, { anything: 1 });
    // @ts-expect-error: data is an object
    await broadcast.broadcastOrgEvent(ID, 'spec.unknown', 'text');
    expect(isReservedType('spec.unknown')).toBe(false);
  });

  it('accepts a notification of a known type only with its own fields', async () => {
    await broadcast.broadcastNotification('bob', { ...DUE, invoice_id: '1' });
    // @ts-expect-error: the id is a text
    await broadcast.broadcastNotification('bob', { ...DUE, invoice_id: 1 });
    // @ts-expect-error: the invoice is missing
    await broadcast.broadcastNotification('bob', DUE);
    expect(isReservedType('spec.never')).toBe(false);
  });

  it('accepts a notification of any other type, or without a type, with any fields', async () => {
    await broadcast.broadcastNotification('bob', { title: 'Hello', anything: 1 });
    await broadcast.broadcastNotification('bob', { title: 'Hello', type: 'spec.unknown', anything: 1 });
    // @ts-expect-error: the title is missing
    await broadcast.broadcastNotification('bob', { body: 'Hello' });
    expect(isReservedType('spec.unknown')).toBe(false);
  });
});

describe('a kind of channels with events', () => {
  const invoices = defineChannel('spec-invoice', { id: isUuid }, { 'spec.paid': SpecPaid });
  const others = defineChannel('spec-other', { id: isUuid });

  it('takes its own types only, each with its own data', async () => {
    await broadcast.publish(invoices.of(ID), 'spec.paid', { invoice_id: '1', amount_cents: 1 });
    // @ts-expect-error: the amount is missing
    await broadcast.publish(invoices.of(ID), 'spec.paid', { invoice_id: '1' });
    // @ts-expect-error: there is no such type
    await broadcast.publish(invoices.of(ID), 'spec.payed', { invoice_id: '1', amount_cents: 1 });
    expect([...definedEvents('spec-invoice')]).toEqual([['spec.paid', SpecPaid]]);
    expect(isReservedType('spec.paid')).toBe(true);
  });

  it('takes anything where it declares none', async () => {
    await broadcast.publish(others.of(ID), 'spec.paid', { anything: 1 });
    // @ts-expect-error: data is an object
    await broadcast.publish(others.of(ID), 'spec.paid', 'text');
    expect(definedEvents('spec-other').size).toBe(0);
  });
});

describe('a class of the application', () => {
  /** For calls that the compiler refuses: defines nothing. */
  const compiled: typeof defineOrgEvent = () => undefined;

  it('reserves its type for the backend, unless the definition allows it over HTTP', () => {
    defineOrgEvent('spec.refunded', SpecPaid);
    defineOrgEvent('spec.open', InvoiceOnly, { overHttp: true });
    defineNotification('spec.reminded', InvoiceOnly);
    expect(definedEvents('org').get('spec.refunded')).toBe(SpecPaid);
    expect(definedNotifications().get('spec.reminded')).toBe(InvoiceOnly);
    expect(['spec.refunded', 'spec.reminded', 'spec.open'].map(isReservedType)).toEqual([true, true, false]);
  });

  it('must have exactly the fields that the interface declares', () => {
    // @ts-expect-error: the amount is missing
    compiled('spec.paid', InvoiceOnly);
    // @ts-expect-error: no account is declared
    compiled('spec.paid', PaidTo);
    // @ts-expect-error: the type is not declared
    compiled('spec.unknown', SpecPaid);
    compiled('spec.paid', SpecPaid);
    expect(definedEvents('org').has('spec.paid')).toBe(false);
  });

  it('is refused for a type that already has one', () => {
    defineNotification('spec.due', InvoiceOnly);
    expect(() => defineNotification('spec.due', InvoiceOnly)).toThrow('spec.due is already defined by InvoiceOnly');
  });

  it('is refused without validators, or for a type of another form', () => {
    expect(() => defineOrgEvent('spec.bare', Bare)).toThrow('Bare has no validators');
    expect(() => defineOrgEvent('SpecUpperCase', SpecPaid)).toThrow('takes the form word.word, got "SpecUpperCase"');
  });
});
