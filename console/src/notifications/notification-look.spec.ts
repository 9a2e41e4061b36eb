import { describe, expect, it } from '@jest/globals';
import { notificationLook } from './notification-look.js';

describe('notificationLook', () => {
  it('knows the types that Herald sends', () => {
    expect(notificationLook({ type: 'task.failed' }).tone).toBe('danger');
  });

  it.each(['constructor', 'toString', '__proto__', 'invoice.paid'])(
    'shows a type %j, which it does not know',
    (type) => {
      const unknown = notificationLook({ type });
      expect(unknown.tone).toBe('plain');
      expect(unknown.icon).toBe(notificationLook({}).icon);
    },
  );
});
