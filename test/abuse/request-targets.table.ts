import type { Decision } from '../support/decision.js';

/** An organization that there is, as the rows below name it. */
export const ORG = 'ORG';

export interface TargetRow {
  ids: string;
  what: string;
  /** Without a query; the token is sent beside it. */
  target: string;
  decision: Decision;
}

const NOT_A_MEMBER = '4003 not_a_member';

function rows(ids: string, what: string, decision: Decision, ...targets: string[]): TargetRow[] {
  return targets.map((target) => ({ ids, what, target, decision }));
}

/** What is decided about a request target when a good token of the organization's owner comes with it. */
export const TARGETS: readonly TargetRow[] = [
  ...rows('PATH-02:', 'with or without the trailing slash', 'welcome', '/ws/notifications/', '/ws/notifications'),
  ...rows('PATH-02:', 'with or without the trailing slash', 'welcome', `/ws/events/${ORG}/`, `/ws/events/${ORG}`),
  ...rows('PATH-02:', 'with two slashes at the end', '404', '/ws/notifications//', `/ws/events/${ORG}//`),
  ...rows('PATH-04:', 'a network path', '404', '//evil.example/ws/notifications/', '//ws/notifications/'),
  ...rows('PATH-04:', 'an empty segment', '404', '/ws//notifications/', '///ws/notifications/', `/ws/events//${ORG}/`),
  ...rows('PATH-05:', 'an absolute target', '404', 'http://other.example/ws/notifications/'),
  ...rows('PATH-05:', 'an absolute target, even of this host', '404', 'http://127.0.0.1/ws/notifications/'),
  ...rows('PATH-05:', 'an absolute target of another scheme', '404', 'ws://127.0.0.1/ws/notifications/'),
  ...rows('PATH-06:', 'dot segments', '404', '/x/../ws/notifications/', '/ws/./notifications/', '/ws/notifications/./'),
  ...rows('PATH-06:', 'dot segments at the end', '404', '/ws/notifications/.', '/ws/notifications/x/..'),
  ...rows('PATH-06:', 'dot segments for an organization', '404', '/ws/events/../', '/ws/events/./', '/ws/events/..'),
  ...rows('PATH-07:', 'encoded dot segments', '404', '/x/%2e%2e/ws/notifications/', '/ws/%2E%2E/ws/notifications/'),
  ...rows(
    'PATH-07:',
    'half encoded dot segments',
    '404',
    '/ws/events/%2e./',
    '/ws/events/.%2E',
    '/ws/%2e/notifications/',
  ),
  ...rows('PATH-07:', 'encoded slashes', '404', '/ws%2fnotifications/', '/ws/events/a%2Fb/', '/ws/events/a%5cb/'),
  ...rows('PATH-07:', 'encoded letters', '404', '/ws/%6eotifications/', '/%77s/notifications/'),
  ...rows(
    'PATH-08:',
    'backslashes',
    '404',
    '/x\\..\\ws\\notifications\\',
    '/\\ws/notifications/',
    '/ws\\notifications/',
  ),
  ...rows('PATH-10:', 'another case', '404', '/WS/notifications/', '/ws/Notifications/', `/ws/EVENTS/${ORG}/`),
  ...rows('PATH-11:', 'an unknown path', '404', '/ws/', '/ws', '/ws/unknown/', '/', '/socket.io/', '/ws/events/'),
  ...rows('PATH-11:', 'a path of the HTTP API', '404', '/api/v1/orgs', '/metrics', '/health/live', '/docs'),
  ...rows(
    'PATH-11:',
    'more than the path',
    '404',
    '/ws/notifications/x/',
    `/ws/events/${ORG}/x`,
    '/x/ws/notifications/',
  ),
  ...rows('PATH-17:', 'the nil UUID', NOT_A_MEMBER, '/ws/events/00000000-0000-0000-0000-000000000000/'),
  ...rows('PATH-17:', 'the max UUID', NOT_A_MEMBER, '/ws/events/ffffffff-ffff-ffff-ffff-ffffffffffff/'),
  ...rows('PATH-18:', 'SQL', NOT_A_MEMBER, "/ws/events/1'%20OR%20'1'='1/", `/ws/events/${ORG}'--/`),
  ...rows('PATH-18:', 'SQL', '404', '/;drop%20table/', `/ws/events/${ORG};drop%20table%20users/x`),
  ...rows('PATH-19:', 'a template', NOT_A_MEMBER, '/ws/events/{$ne:1}/', '/ws/events/${7*7}/', '/ws/events/{{7*7}}/'),
  ...rows('PATH-21:', 'a colon', NOT_A_MEMBER, '/ws/events/a:b/', `/ws/events/${ORG}:user:1/`, '/ws/events/:org_id/'),
  ...rows('PATH-21:', 'a pattern', NOT_A_MEMBER, '/ws/events/*/', '/ws/events/[a-z]/', `/ws/events/${ORG}*/`),
  ...rows(
    'PATH-22:',
    'an encoded control character',
    NOT_A_MEMBER,
    '/ws/events/%0d%0aX-Injected:1/',
    '/ws/events/%09/',
  ),
  ...rows('PATH-22:', 'an encoded control character', '404', '/ws/notifications/%09', '/ws/notifications%0d%0a/'),
  ...rows('PATH-22:', 'a raw tab', '400', '/ws/notifications/\t'),
  ...rows('PATH-23:', 'overlong UTF-8', NOT_A_MEMBER, '/ws/events/%C0%AE%C0%AE/', '/ws/events/%c3%28/'),
  ...rows('PATH-23:', 'another alphabet', '404', '/ws/%C3%A9v%C3%A9nements/', '/ws/notificati%CE%BFns/'),
  ...rows('PATH-23:', 'another alphabet', NOT_A_MEMBER, '/ws/events/%C3%A9/', '/ws/events/%F0%9F%98%80/'),
  ...rows(
    'PATH-23:',
    'another alphabet, not encoded',
    '400',
    '/ws/événements/',
    '/ws/notificati\u03bfns/',
    '/ws/events/é/',
  ),
  ...rows('PATH-23:', 'a bad escape', '404', '/ws/notifications%/', '/ws/%zz/'),
  ...rows(
    'PATH-24:',
    'matrix parameters',
    '404',
    '/ws/notifications/;a=b/',
    '/ws/notifications;a=b/',
    '/ws;a/notifications/',
  ),
  ...rows('PATH-24:', 'matrix parameters', NOT_A_MEMBER, `/ws/events/${ORG};a=b/`),
  ...rows('PATH-26:', 'no path at all', '400', 'ws/notifications/', '\\ws\\notifications\\', './ws/notifications/'),
  ...rows('PATH-26:', 'the asterisk form', '404', '*'),
];

/** The target with the organization and a query in their places. */
export function fill({ target }: TargetRow, orgId: string): string {
  return target.replaceAll(ORG, orgId);
}
