import type { Decision } from '../support/decision.js';

/** Placeholder for the id of an existing organization. */
export const ORG = 'ORG';

export interface TargetRow {
  what: string;
  /** Without a query; the token is in a header. */
  target: string;
  decision: Decision;
}

const NOT_A_MEMBER = '4003 not_a_member';

function rows(what: string, decision: Decision, ...targets: string[]): TargetRow[] {
  return targets.map((target) => ({ what, target, decision }));
}

/** Request targets, and the decision if the organization's owner sends them with a good token. */
export const TARGETS: readonly TargetRow[] = [
  // @abuse PATH-02
  ...rows('with or without the trailing slash', 'welcome', '/ws/notifications/', '/ws/notifications'),
  ...rows('with or without the trailing slash', 'welcome', `/ws/events/${ORG}/`, `/ws/events/${ORG}`),
  ...rows('with two slashes at the end', '404', '/ws/notifications//', `/ws/events/${ORG}//`),
  // @abuse PATH-04
  ...rows('a network path', '404', '//evil.example/ws/notifications/', '//ws/notifications/'),
  ...rows('an empty segment', '404', '/ws//notifications/', '///ws/notifications/', `/ws/events//${ORG}/`),
  // @abuse PATH-05
  ...rows('an absolute target', '404', 'http://other.example/ws/notifications/'),
  ...rows('an absolute target, even of this host', '404', 'http://127.0.0.1/ws/notifications/'),
  ...rows('an absolute target of another scheme', '404', 'ws://127.0.0.1/ws/notifications/'),
  // @abuse PATH-06
  ...rows('dot segments', '404', '/x/../ws/notifications/', '/ws/./notifications/', '/ws/notifications/./'),
  ...rows('dot segments at the end', '404', '/ws/notifications/.', '/ws/notifications/x/..'),
  ...rows('dot segments for an organization', '404', '/ws/events/../', '/ws/events/./', '/ws/events/..'),
  // @abuse PATH-07
  ...rows('encoded dot segments', '404', '/x/%2e%2e/ws/notifications/', '/ws/%2E%2E/ws/notifications/'),
  ...rows('half-encoded dot segments', '404', '/ws/events/%2e./', '/ws/events/.%2E', '/ws/%2e/notifications/'),
  ...rows('encoded slashes', '404', '/ws%2fnotifications/', '/ws/events/a%2Fb/', '/ws/events/a%5cb/'),
  ...rows('encoded letters', '404', '/ws/%6eotifications/', '/%77s/notifications/'),
  // @abuse PATH-08
  ...rows('backslashes', '404', '/x\\..\\ws\\notifications\\', '/\\ws/notifications/', '/ws\\notifications/'),
  // @abuse PATH-10
  ...rows('another case', '404', '/WS/notifications/', '/ws/Notifications/', `/ws/EVENTS/${ORG}/`),
  // @abuse PATH-11
  ...rows('an unknown path', '404', '/ws/', '/ws', '/ws/unknown/', '/', '/socket.io/', '/ws/events/'),
  ...rows('a path of the HTTP API', '404', '/api/v1/orgs', '/metrics', '/health/live', '/docs'),
  ...rows('more than the path', '404', '/ws/notifications/x/', `/ws/events/${ORG}/x`, '/x/ws/notifications/'),
  // @abuse PATH-17
  ...rows('the nil UUID', NOT_A_MEMBER, '/ws/events/00000000-0000-0000-0000-000000000000/'),
  ...rows('the max UUID', NOT_A_MEMBER, '/ws/events/ffffffff-ffff-ffff-ffff-ffffffffffff/'),
  // @abuse PATH-18
  ...rows('SQL', NOT_A_MEMBER, "/ws/events/1'%20OR%20'1'='1/", `/ws/events/${ORG}'--/`),
  ...rows('SQL', '404', '/;drop%20table/', `/ws/events/${ORG};drop%20table%20users/x`),
  // @abuse PATH-19
  ...rows('a template', NOT_A_MEMBER, '/ws/events/{$ne:1}/', '/ws/events/${7*7}/', '/ws/events/{{7*7}}/'),
  // @abuse PATH-21
  ...rows('a colon', NOT_A_MEMBER, '/ws/events/a:b/', `/ws/events/${ORG}:user:1/`, '/ws/events/:org_id/'),
  ...rows('a pattern', NOT_A_MEMBER, '/ws/events/*/', '/ws/events/[a-z]/', `/ws/events/${ORG}*/`),
  // @abuse PATH-22
  ...rows('an encoded control character', NOT_A_MEMBER, '/ws/events/%0d%0aX-Injected:1/', '/ws/events/%09/'),
  ...rows('an encoded control character', '404', '/ws/notifications/%09', '/ws/notifications%0d%0a/'),
  ...rows('a raw tab', '400', '/ws/notifications/\t'),
  // @abuse PATH-23
  ...rows('overlong UTF-8', NOT_A_MEMBER, '/ws/events/%C0%AE%C0%AE/', '/ws/events/%c3%28/'),
  ...rows('another alphabet', '404', '/ws/%C3%A9v%C3%A9nements/', '/ws/notificati%CE%BFns/'),
  ...rows('another alphabet', NOT_A_MEMBER, '/ws/events/%C3%A9/', '/ws/events/%F0%9F%98%80/'),
  ...rows('another alphabet, not encoded', '400', '/ws/événements/', '/ws/notificati\u03bfns/', '/ws/events/é/'),
  ...rows('a bad escape', '404', '/ws/notifications%/', '/ws/%zz/'),
  // @abuse PATH-24
  ...rows('matrix parameters', '404', '/ws/notifications/;a=b/', '/ws/notifications;a=b/', '/ws;a/notifications/'),
  ...rows('matrix parameters', NOT_A_MEMBER, `/ws/events/${ORG};a=b/`),
  // @abuse PATH-26
  ...rows('no path at all', '400', 'ws/notifications/', '\\ws\\notifications\\', './ws/notifications/'),
  ...rows('the asterisk form', '404', '*'),
];

/** The target with the organization's id filled in. */
export function fill({ target }: TargetRow, orgId: string): string {
  return target.replaceAll(ORG, orgId);
}
