import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ApiClient } from '../support/api-client.js';
import { jsonText, objectText } from './client-text.js';
import { type Property, run } from './property.js';
import type { FuzzTarget, KnownIds } from './target.js';

/** Every route that takes a body, with a valid body; `:x` in a path is replaced by a known id, or an odd one. */
const WRITES: [route: string, body: Record<string, unknown>][] = [
  ['POST /orgs', { name: 'Acme' }],
  ['PATCH /orgs/:org_id', { name: 'Acme' }],
  ['POST /orgs/:org_id/members', { user_id: 'carol', role: 'member' }],
  ['PATCH /orgs/:org_id/members/:user_id', { role: 'admin' }],
  ['POST /orgs/:org_id/resources', { name: 'Report', sensitivity: 'public', description: 'Long' }],
  ['PATCH /orgs/:org_id/resources/:id', { name: 'Report', sensitivity: 'normal', description: null }],
  ['POST /orgs/:org_id/resources/:id/comments', { body: 'What do you think, @bob?' }],
  ['POST /orgs/:org_id/exports', { format: 'csv' }],
  ['POST /orgs/:org_id/messages', { to: 'bob', body: 'Lunch?' }],
  ['POST /orgs/:org_id/events', { event_type: 'invoice.paid', data: { n: 1 } }],
  ['POST /notifications', { user_id: 'mallory', notification: { title: 'Hello' }, dedupe_key: 'key' }],
  ['POST /notifications/:id/read', {}],
  ['POST /notifications/read_all', { up_to: '01a20ea3-d9bb-71e5-b6bc-f4dce63e1b67' }],
  ['PUT /notifications/preferences', { muted: ['message.received'] }],
  ['POST /alerts', { message: 'Soon', severity: 'info', alert_type: 'x' }],
  ['POST /realtime/tickets', {}],
  ['POST /realtime/users/:user_id/disconnect', {}],
];

const READS = [
  'GET /orgs',
  'GET /orgs/:org_id',
  'GET /orgs/:org_id/members',
  'GET /orgs/:org_id/resources',
  'GET /orgs/:org_id/resources/:id',
  'GET /orgs/:org_id/resources/:id/comments',
  'GET /orgs/:org_id/exports/:id',
  'GET /orgs/:org_id/exports/:id/download',
  'GET /orgs/:org_id/presence',
  'GET /notifications',
  'GET /notifications/unread_count',
  'GET /notifications/preferences',
  'GET /realtime/connections',
  'DELETE /notifications/:id',
  'DELETE /orgs/:org_id/members/:id',
  'DELETE /orgs/:org_id/resources/:org_id',
  'DELETE /realtime/connections/:id',
];

const binary = fc.string({ unit: 'binary', maxLength: 40 });
const encoded = binary.map((text) => encodeURIComponent(text.toWellFormed()));

/** What replaces an id; null is the known id. Without dot segments, from which `fetch` would make another path. */
const id: fc.Arbitrary<string | null> = fc.oneof(
  { weight: 10, arbitrary: fc.constant(null) },
  { weight: 2, arbitrary: encoded.filter((text) => !/^\.{1,2}$/.test(text)) },
  fc.constantFrom(
    '%00',
    '%ff',
    '%',
    '%252e%252e',
    '%2F',
    '__proto__',
    'null',
    '0',
    '-1',
    '{}',
    'x'.repeat(3_000),
    '%F0%9F%8E%89',
    '%ED%A0%80',
  ),
  fc.uuid(),
);

/** A forged cursor of a list. */
const cursor = fc
  .array(fc.oneof(binary, fc.uuid(), fc.constant('2025-01-15T10:30:00.000Z')), { maxLength: 3 })
  .map((parts) => {
    return Buffer.from(JSON.stringify(parts)).toString('base64url');
  });
const parameter = fc
  .tuple(
    fc.constantFrom(
      'limit',
      'cursor',
      'unread',
      'user_id',
      'org_id',
      'limit[]',
      'cursor[a][b]',
      '__proto__[x]',
      'constructor',
      '',
    ),
    fc.oneof(cursor, encoded, fc.constantFrom('1', '0', '101', '1e3', 'true', '%00', '%', '%ff', '&', '=')),
  )
  .map(([name, value]) => `${name}=${value}`);
const query = fc.oneof(
  { weight: 2, arbitrary: fc.constant('') },
  fc.array(parameter, { maxLength: 4 }).map((parameters) => `?${parameters.join('&')}`),
);

/** A valid body with some fields replaced or added, or something else entirely. */
function bodyLike(good: Record<string, unknown>): fc.Arbitrary<string> {
  const names = [...Object.keys(good), '__proto__', 'constructor', 'id', 'org_id'];
  const goodText = JSON.stringify(good).slice(1, -1);
  const changes = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...names), binary), fc.oneof(jsonText, inside)), {
    maxLength: 2,
  });
  return fc.oneof(
    {
      weight: 6,
      // The last of repeated fields counts.
      arbitrary: changes.map((fields) => {
        const changed = fields.map(([name, json]) => `${JSON.stringify(name)}:${json}`);
        return `{${[goodText, ...changed].filter((text) => text !== '').join()}}`;
      }),
    },
    { weight: 2, arbitrary: objectText(fc.tuple(fc.constantFrom(...names), jsonText)) },
    jsonText,
    binary,
    fc.constantFrom('', '{', '[]', 'null', `{"name":"${'x'.repeat(300_000)}"}`),
  );
}

/** Values that look valid from the outside. */
const inside = fc.constantFrom(
  ...[
    '{"title":"\\ud800"}',
    '{"title":"a","\\u0000":1}',
    '{"title":"a","n":1e400}',
    '{"title":{"a":1}}',
    '{"title":"","type":1}',
  ],
  ...[
    '["\\udc00"]',
    '["a\\u0000"]',
    '[null]',
    '[["a"]]',
    '"system.alert"',
    '"a\\u0000.b"',
    '"owner"',
    '"@bob @@ @\\ud800"',
  ],
  ...[
    '{"__proto__":{"title":"x"}}',
    '{"title":"x","__proto__":{"toJSON":1}}',
    '{"title":"x","toJSON":"y","then":1}',
    '{"length":1e9}',
  ],
);

const mediaType = fc.oneof(
  { weight: 12, arbitrary: fc.constant('application/json') },
  fc.constantFrom(
    'text/plain',
    'application/json; charset=utf-16',
    'application/json; charset=x',
    'application/merge-patch+json',
    ',',
  ),
);

interface Request {
  route: string;
  ids: (string | null)[];
  query: string;
  body?: string;
  mediaType?: string;
}

const ids = fc.array(id, { minLength: 2, maxLength: 2 });
const write: fc.Arbitrary<Request> = fc
  .constantFrom(...WRITES)
  .chain(([route, good]) => fc.record({ route: fc.constant(route), ids, query, body: bodyLike(good), mediaType }));
const read: fc.Arbitrary<Request> = fc.record({ route: fc.constantFrom(...READS), ids, query });

async function answer(target: FuzzTarget, { route, ids, query, body, mediaType }: Request): Promise<void> {
  const [method = '', template = ''] = route.split(' ');
  let at = 0;
  const path = template.replaceAll(/:(\w+)/g, (_, name: keyof KnownIds) => ids[at++] ?? target.ids[name]);
  const headers = mediaType === undefined ? undefined : { 'Content-Type': mediaType };
  const api = new ApiClient(target.url, target.token);
  const { status, headers: answered, body: problem } = await api.request(method, path + query, body, headers);
  assert.ok(status >= 200 && status < 500, `${method} ${path}${query} gave ${status}`);
  if (status < 400) return;
  assert.match(answered.get('content-type') ?? '', /^application\/problem\+json/);
  assert.equal(problem.status, status);
}

/** No request to the HTTP API gets a 5xx, or harms a client by its effects. */
export const rest: Property = {
  name: 'REST requests',
  check: (target, options) =>
    fc.assert(
      fc.asyncProperty(fc.oneof({ weight: 3, arbitrary: write }, read), (request) =>
        run(target, async () => {
          await answer(target, request);
        }),
      ),
      options,
    ),
};
