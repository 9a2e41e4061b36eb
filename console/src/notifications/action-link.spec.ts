import { describe, expect, it } from '@jest/globals';
import { actionTarget } from './action-link.js';

const HERE = 'https://herald.example.com';

describe('actionTarget', () => {
  it.each([
    ['/api/v1/orgs/1', { kind: 'page', path: '/orgs/1' }],
    ['/api/v1/orgs/1/resources/2', { kind: 'page', path: '/orgs/1/resources/2' }],
    ['/api/v1/orgs/1/exports/2/download', { kind: 'download', path: '/api/v1/orgs/1/exports/2/download' }],
    [`${HERE}/api/v1/orgs/1`, { kind: 'page', path: '/orgs/1' }],
    ['/invoices/42', { kind: 'link', href: `${HERE}/invoices/42` }],
    ['https://example.org/api/v1/orgs/1', { kind: 'link', href: 'https://example.org/api/v1/orgs/1' }],
    // The token must not go to another origin.
    ['//example.org/api/v1/orgs/1/exports/2/download', { kind: 'link' }],
  ])('resolves %s', (actionUrl, target) => {
    expect(actionTarget(actionUrl, HERE)).toMatchObject(target);
  });

  it.each(['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'https://'])(
    'leads nowhere from %j',
    (actionUrl) => {
      expect(actionTarget(actionUrl, HERE)).toBeNull();
    },
  );

  it.each([undefined, null, 7, {}])('leads nowhere from %j, which is not a string', (actionUrl) => {
    expect(actionTarget(actionUrl, HERE)).toBeNull();
  });
});
