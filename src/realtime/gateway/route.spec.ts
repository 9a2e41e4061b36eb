import { describe, expect, it } from '@jest/globals';
import { Route } from './route.js';

const NOTIFICATIONS = new Route('/ws/notifications');
const EVENTS = new Route('/ws/events/:org_id');

describe('Route', () => {
  it.each(['/ws/notifications', '/ws/notifications/'])('matches %s', (path) => {
    expect(NOTIFICATIONS.match(path)).toEqual({});
  });

  it.each(['/ws/events/abc', '/ws/events/abc/', '/ws/events/%20', '/ws/events/a:b'])(
    'finds the parameter in %s',
    (path) => {
      expect(EVENTS.match(path)).toEqual({ org_id: path.split('/')[3] });
    },
  );

  it.each([
    '/',
    '',
    '*',
    'ws/notifications',
    '/ws',
    '/WS/notifications',
    '/ws/Notifications/',
    '/ws/notifications//',
    '//ws/notifications/',
    '//evil.example/ws/notifications/',
    'http://other.example/ws/notifications/',
    '/x/../ws/notifications/',
    '/ws/./notifications/',
    '/ws/%6eotifications/',
    '/ws/notifications/;a=b/',
    '/ws/notifications/token',
    '\\ws\\notifications\\',
  ])('does not match %p as notifications', (path) => {
    expect(NOTIFICATIONS.match(path)).toBeNull();
  });

  it.each([
    '/ws/events',
    '/ws/events/',
    '/ws/events//',
    '/ws/events/a/b',
    '/ws/events/..',
    '/ws/events/.',
    '/ws/events/%2e%2E/',
    '/ws/events/a%2Fb',
    '/ws/events/a%5cb',
    '/ws/events/a\\b',
  ])('does not match %p as an organization’s events', (path) => {
    expect(EVENTS.match(path)).toBeNull();
  });
});
