import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { ArrayNotEmpty, IsInt, IsRFC3339, IsString, IsUUID, ValidateIf, ValidateNested } from 'class-validator';
import { defineNotification, defineOrgEvent } from './catalogue.js';
import { DataCheck } from './data-check.js';
import type { InvalidBroadcastError } from './invalid-broadcast.error.js';
import type { JsonObject } from '../broker/json.js';

class SpecLine {
  @IsInt()
  cents: number;
}

class SpecOrdered {
  @ArrayNotEmpty()
  @ValidateNested({ each: true })
  @Type(() => SpecLine)
  lines: SpecLine[];

  @IsString()
  buyer: string;
}

class SpecJoined {
  @IsString()
  user_id: string;

  @ValidateIf((_, email) => email !== null)
  @IsString()
  user_email: string | null;

  @IsUUID()
  org_id: string;

  @IsString()
  role: string;

  @IsRFC3339()
  timestamp: string;
}

class SpecFailed {
  @IsUUID()
  task_id: string;

  @IsString()
  error: string;
}

declare module '../index.js' {
  interface OrgEvents {
    'spec.ordered': SpecOrdered;
    'spec.joined': SpecJoined;
  }
  interface Notifications {
    'spec.failed': SpecFailed;
  }
}
defineOrgEvent('spec.ordered', SpecOrdered);
defineOrgEvent('spec.joined', SpecJoined);
defineNotification('spec.failed', SpecFailed);

const ID = '0199a5f0-1c2d-7abc-8def-0123456789ab';
const JOINED = { user_id: 'bob', org_id: ID, role: 'member', user_email: null, timestamp: '2026-01-15T10:30:00.000Z' };

const check = new DataCheck(true);

/** The fields that an error names. */
function fieldsOf(act: () => void): string[] {
  try {
    act();
  } catch (error) {
    return (error as InvalidBroadcastError).errors.map(({ field }) => field);
  }
  return [];
}

describe('the check of an event', () => {
  it('accepts what the class accepts, and extra fields', () => {
    expect(() => check.expectEvent('org', 'spec.joined', JOINED)).not.toThrow();
    expect(() => check.expectEvent('org', 'spec.joined', { ...JOINED, invited_by: 'alice' })).not.toThrow();
  });

  it('names every wrong field, with what it takes and what it got', () => {
    const data = { ...JOINED, user_email: 1, org_id: 'acme', timestamp: 'today' };
    const found = [
      { field: 'data.user_email', message: 'user_email must be a string, got 1' },
      { field: 'data.org_id', message: 'org_id must be a UUID, got "acme"' },
      { field: 'data.timestamp', message: 'timestamp must be RFC 3339 date, got "today"' },
    ];
    expect(() => check.expectEvent('org', 'spec.joined', data)).toThrow(
      expect.objectContaining({
        name: 'InvalidBroadcastError',
        errors: expect.arrayContaining(found.map((error) => expect.objectContaining(error))),
      }),
    );
    expect(fieldsOf(() => check.expectEvent('org', 'spec.joined', data))).toHaveLength(3);
  });

  it('names a missing field, and shows only the beginning of a long value', () => {
    const { user_id, org_id, user_email, timestamp } = JOINED;
    const data = { user_id, org_id, user_email, timestamp };
    expect(() => check.expectEvent('org', 'spec.joined', data)).toThrow('data.role: role must be a string, got none');
    expect(() => check.expectEvent('org', 'spec.joined', { ...JOINED, org_id: 'x'.repeat(1_000) })).toThrow(
      /got "x{59}…$/,
    );
  });

  it('checks nested objects of an application’s class', () => {
    const data = { lines: [{ cents: 1 }, { cents: 1.5 }], buyer: 'alice' };
    expect(fieldsOf(() => check.expectEvent('org', 'spec.ordered', data))).toEqual(['data.lines.1.cents']);
    expect(fieldsOf(() => check.expectEvent('org', 'spec.ordered', { lines: [], buyer: 1 })).toSorted()).toEqual([
      'data.buyer',
      'data.lines',
    ]);
  });

  it('accepts anything for a type without a class', () => {
    expect(() => check.expectEvent('org', 'spec.unknown', { anything: [1] })).not.toThrow();
    expect(() => check.expectEvent('org', 'spec.failed', {})).not.toThrow();
  });
});

describe('the check of a notification', () => {
  it('checks the fields of its type', () => {
    const notification = { title: 'Failed', type: 'spec.failed', task_id: ID, timestamp: 'now' };
    expect(fieldsOf(() => check.expectNotification(notification))).toEqual(['notification.error']);
    expect(fieldsOf(() => check.expectNotification({ ...notification, error: 'Try again.' }))).toEqual([]);
  });

  it.each<JsonObject>([
    { title: 'None' },
    { title: 'Unknown', type: 'spec.unknown' },
    { title: 'Event', type: 'spec.joined' },
  ])('accepts %j', (notification) => {
    expect(() => check.expectNotification(notification)).not.toThrow();
  });
});

it('checks nothing where it is off', () => {
  const off = new DataCheck(false);
  expect(() => off.expectEvent('org', 'spec.joined', {})).not.toThrow();
  expect(() => off.expectNotification({ title: 'Done', type: 'spec.failed' })).not.toThrow();
});
