import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient } from './support/api-client.js';
import { HeraldProcess } from './support/herald-process.js';
import { type Herald, herald } from './support/herald.js';
import { closeAllClients } from './support/ws-client.js';

/** A double would round the last digits to …400. */
const ID = '738529527931269425';
const MESSAGE = 'must not be a number that JavaScript can’t hold: write it as a text';

let node: Herald;
let root: ApiClient;
let org: string;

beforeAll(async () => {
  node = await herald({}, { embedded: true });
  root = await node.api('root', { roles: ['realtime-admin'] });
  org = await node.organization('root');
});

afterEach(closeAllClients);

afterAll(() => node.stop());

describe('a number that JavaScript can’t hold', () => {
  it.each<[field: string, method: string, path: string, body: string]>([
    ['data.id', 'POST', '/orgs/:org/events', `{"event_type":"user.paid","data":{"id":${ID}}}`],
    ['data.ids.1.id', 'POST', '/orgs/:org/events', `{"event_type":"user.paid","data":{"ids":[{},{"id":${ID}}]}}`],
    ['data.rate', 'POST', '/orgs/:org/events', '{"event_type":"user.paid","data":{"rate":3.141592653589793238}}'],
    ['data.much', 'POST', '/orgs/:org/events', '{"event_type":"user.paid","data":{"much":1e400}}'],
    ['notification.id', 'POST', '/notifications', `{"user_id":"bob","notification":{"title":"a","id":${ID}}}`],
    ['name', 'POST', '/orgs', `{"name":${ID}}`],
    ['name', 'PATCH', '/orgs/:org', `{"name":${ID}}`],
    ['muted.0', 'PUT', '/notifications/preferences', `{"muted":[${ID}]}`],
    ['unknown', 'POST', '/realtime/tickets', `{"unknown":${ID}}`],
  ])('is refused with the name of its field: %s, %s %s', async (field, method, path, body) => {
    const answer = await root.request(method, path.replace(':org', org), body);
    expect([answer.status, answer.body.errors]).toEqual([400, [{ field, message: MESSAGE }]]);
    expect(answer.headers.get('content-type')).toMatch('application/problem+json');
  });

  it('is refused by the development issuer', async () => {
    const headers = { 'Content-Type': 'application/json' };
    const body = '{"user_id":"alice","expires_in":60.00000000000000001}';
    const response = await fetch(`${node.url}/dev/token`, { method: 'POST', headers, body });
    expect(await response.json()).toMatchObject({ status: 400, errors: [{ field: 'expires_in' }] });
  });

  it('is refused when sent by the operator’s tool', async () => {
    const words = ['emit', '--as', 'root', '--url', node.url, org, 'user.paid', `{"id":${ID}}`];
    const emit = await HeraldProcess.spawn('herald.js', {}, words);
    expect(await emit.exit()).toMatchObject({ code: 1 });
    expect(emit.output).toContain('"field":"data.id"');
  });

  it('in an unsupported charset is refused with 415', async () => {
    const headers = { 'Content-Type': 'application/json; charset=utf-16' };
    expect((await root.request('POST', '/orgs', '{"name":"Acme"}', headers)).status).toBe(415);
  });
});

it('a number that JavaScript can hold, or any number as a string, arrives unchanged', async () => {
  const client = await node.join(`/ws/events/${org}/`, 'root');
  const data = `{"id":"${ID}","safe":9007199254740991,"rate":0.30000000000000004,"tiny":5e-324,"list":[-1.5,0]}`;
  await root.request('POST', `/orgs/${org}/events`, `{"event_type":"user.paid","data":${data}}`);
  expect(JSON.stringify(await client.next())).toContain(data.slice(0, -1));
});
