import { describe, expect, it } from '@jest/globals';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import {
  getMetadataStorage,
  IsArray,
  IsIn,
  IsNumber,
  IsOptional,
  IsString,
  IsUUID,
  Max,
  Min,
  ValidateIf,
} from 'class-validator';
import '../src/app.module.js';
import { definedEvents, definedNotifications, defineOrgEvent } from '../src/realtime/index.js';
import { eventMessages, notificationMessages } from '../src/operations/asyncapi-catalogue.js';
import { MESSAGES } from '../src/operations/asyncapi-messages.js';
import { asyncApiDocument } from '../src/operations/asyncapi.js';

class SpecShipped {
  @IsUUID()
  order_id: string;

  @IsArray()
  @IsString({ each: true })
  parcels: string[];

  @IsNumber()
  @Min(0)
  @Max(9)
  priority: number;

  @IsOptional()
  @IsIn(['post', 'courier'])
  carrier?: 'post' | 'courier';

  @ValidateIf(({ parcels }: SpecShipped) => parcels.length > 1)
  @IsString()
  reason?: string;
}

declare module '../src/realtime/index.js' {
  interface OrgEvents {
    'spec.shipped': SpecShipped;
  }
}
defineOrgEvent('spec.shipped', SpecShipped);

const document = asyncApiDocument('localhost:8000', 'ws');

describe('the AsyncAPI document', () => {
  it('describes both endpoints of the requested server', () => {
    expect(document).toMatchObject({
      asyncapi: '3.0.0',
      servers: { herald: { host: 'localhost:8000', protocol: 'ws' } },
      channels: {
        notifications: { address: '/ws/notifications/' },
        events: { address: '/ws/events/{org_id}/', parameters: { org_id: {} } },
      },
    });
  });

  it('refers only to its own parts', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);

    expect(references.length).toBeGreaterThan(10);
    for (const reference of references)
      expect([reference, find(reference ?? '')]).toEqual([reference, expect.any(Object)]);
  });

  it('lets the operations of a channel use only messages of that channel', () => {
    for (const operation of Object.values(document.operations)) {
      const { channel, messages } = operation as { channel: { $ref: string }; messages: { $ref: string }[] };
      for (const { $ref } of messages) expect($ref.startsWith(`${channel.$ref}/messages/`)).toBe(true);
    }
  });

  it.each(Object.entries(MESSAGES))('has an example of %s that fits its schema', (_name, { payload, examples }) => {
    const validate = validatorOf(payload);

    for (const example of examples) {
      validate(example.payload);
      expect(validate.errors).toBeFalsy();
    }
  });
});

describe('the AsyncAPI document of the catalogue', () => {
  const [events, notifications] = [eventMessages('org'), notificationMessages()];
  const ID = '0199a5f0-1c2d-7abc-8def-0123456789ab';
  const JOINED = {
    user_id: 'bob',
    org_id: ID,
    role: 'member',
    user_email: null,
    timestamp: '2026-01-15T10:30:00.000Z',
  };

  it('has a message of its own for each type, on its channel', () => {
    const { components, channels, operations } = document;
    for (const [channel, prefix, send, types] of [
      ['events', 'event', 'sendEvents', definedEvents('org')],
      ['notifications', 'notification', 'sendNotifications', definedNotifications()],
    ] as const) {
      for (const name of [...types.keys()].map((type) => `${prefix}.${type}`)) {
        expect(components).toHaveProperty(['messages', name, 'payload']);
        expect(channels).toHaveProperty([channel, 'messages', name, '$ref'], `#/components/messages/${name}`);
        expect(operations).toHaveProperty([send, 'messages'], expect.arrayContaining([reference(channel, name)]));
      }
    }
  });

  it('accepts what the class accepts, and further fields', () => {
    const takes = dataValidator('member.joined');
    expect(takes(JOINED)).toBe(true);
    expect(takes({ ...JOINED, user_email: 'bob@example.com', invited_by: 'alice' })).toBe(true);
    expect(validatorOf(payloadOf(events['event.resource.created']))(MESSAGES.event.examples[0]?.payload)).toBe(true);
  });

  it.each(Object.keys(JOINED))('refuses data without %s, or with another type of it', (field) => {
    const takes = dataValidator('member.joined');
    const others = Object.fromEntries(Object.entries(JOINED).filter(([name]) => name !== field));
    expect([takes(others), takes({ ...JOINED, [field]: 1 })]).toEqual([false, false]);
  });

  it('knows the values and ranges of a field', () => {
    const alert = { alert_type: 'general', message: 'Look', severity: 'info', timestamp: JOINED.timestamp };
    const quota = { quota: 'resources', used: 8, limit: 10, percent: 80, timestamp: JOINED.timestamp };
    expect([dataValidator('system.alert')(alert), dataValidator('quota.warning')(quota)]).toEqual([true, true]);
    expect(dataValidator('system.alert')({ ...alert, severity: 'bad' })).toBe(false);
    expect(dataValidator('quota.warning')({ ...quota, quota: 'members' })).toBe(false);
    expect(dataValidator('quota.warning')({ ...quota, used: -1 })).toBe(false);
  });

  it('knows the fields of a notification of a type', () => {
    const takes = validatorOf(payloadOf(notifications['notification.task.failed']));
    const failed = { title: 'Failed', type: 'task.failed', task_id: ID, task_name: 'Export', error: 'Try again.' };
    const frameOf = (notification: object): object => ({ type: 'notification', cursor: 'c1', notification });
    expect(takes(frameOf({ ...failed, timestamp: JOINED.timestamp }))).toBe(true);
    expect(takes(frameOf({ ...failed, timestamp: JOINED.timestamp, error: null }))).toBe(false);
  });

  it('describes types that an application defines, with optional fields', () => {
    const takes = dataValidator('spec.shipped');
    const shipped = { order_id: ID, parcels: ['a'], priority: 1 };
    expect([takes(shipped), takes({ ...shipped, carrier: null }), takes({ ...shipped, carrier: 'post' })]).toEqual([
      true,
      true,
      true,
    ]);
    expect(takes({ ...shipped, carrier: 'bike' })).toBe(false);
    expect(takes({ ...shipped, priority: 10 })).toBe(false);
  });

  // @abuse PUB-24
  it('shows no secrets', () => {
    const secret = /token|password|passwd|secret|authorization|credential|api_?key|cookie|hash|ticket/i;
    const rules = [...definedEvents('org').values(), ...definedNotifications().values()].map((dataClass) =>
      getMetadataStorage().getTargetValidationMetadatas(dataClass, '', false, false),
    );
    const fields = rules.flatMap((each) => each.map(({ propertyName }) => propertyName));
    expect(fields).toContain('resource_name');
    expect(fields.filter((field) => secret.test(field))).toEqual([]);
  });

  function dataValidator(type: string): (data: object) => boolean {
    const validate = validatorOf(payloadOf(events[`event.${type}`]));
    return (data) => validate({ type: 'event', cursor: 'c1', event_type: type, data });
  }
});

function validatorOf(schema: object): ValidateFunction {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  addFormats.default(ajv);
  return ajv.compile(schema);
}

function payloadOf(message: { payload: object } | undefined): object {
  if (message === undefined) throw new Error('There is no such message');
  return message.payload;
}

function reference(channel: string, name: string): object {
  return { $ref: `#/channels/${channel}/messages/${name}` };
}

function find(reference: string): unknown {
  const steps = reference.replace('#/', '').split('/');
  return steps.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], document);
}
