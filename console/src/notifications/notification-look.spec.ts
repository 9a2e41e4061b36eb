import { describe, expect, it } from '@jest/globals';
import { notificationLook, notificationTitle } from './notification-look.js';

describe('notificationLook', () => {
  it('knows the types that Herald sends', () => {
    expect(notificationLook({ type: 'task.failed' }).tone).toBe('danger');
  });

  it.each(['constructor', 'toString', '__proto__', 'invoice.paid'])('shows the unknown type %j', (type) => {
    const unknown = notificationLook({ type });
    expect(unknown.tone).toBe('plain');
    expect(unknown.icon).toBe(notificationLook({}).icon);
  });
});

describe('notificationTitle', () => {
  it('names the organization that a user was added to', () => {
    expect(notificationTitle({ title: 'Added to Organization', org_name: 'Acme' })).toBe('Added to Acme');
  });

  it.each([{ title: 'Added to Organization' }, { title: 'New message', org_name: 'Acme' }])(
    'keeps any other title: %j',
    (notification) => {
      expect(notificationTitle(notification)).toBe(notification.title);
    },
  );
});
