import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { type ApiAnswer, ApiClient } from './support/api-client.js';
import { countPatiently } from './support/count-patiently.js';
import { bodyGaps, nameGaps, objectGaps, parameterGaps, propertyGaps, routeGaps } from './support/document-gaps.js';
import { DocumentedApi, type Operation, problemExample } from './support/documented-api.js';
import { bodyOf, headersOf, type Ids, idsInPath, pathOf, queryOf } from './support/example-request.js';
import { ExampleWorld } from './support/example-world.js';
import { herald, type Herald } from './support/herald.js';
import { inTurns } from './support/in-turns.js';
import { routesOf } from './support/routes.js';
import { extremeBodies, wrongBodies, wrongQueries } from './support/schema-inputs.js';
import { freePort } from './support/servers.js';
import { WidgetsModule } from './support/widgets.js';
import { closeAllClients } from './support/ws-client.js';

const UNKNOWN_ID = '01997a6e-7e3f-7000-8000-000000000001';
const UNKNOWN_IDS: Ids = { org_id: UNKNOWN_ID, id: UNKNOWN_ID, connection_id: UNKNOWN_ID, user_id: 'nobody' };

/** A quota low enough for a test to reach. */
const VARIABLES = { ORG_RESOURCE_QUOTA: '3' };

let node: Herald;
let api: DocumentedApi;
/** Owns organizations, and is an administrator. */
let alice: ApiClient;
/** A plain member. */
let dave: ApiClient;
let stranger: ApiClient;
/** Shared by the requests of a test that change nothing. */
let world: ExampleWorld;

beforeAll(async () => {
  node = await herald(VARIABLES, { features: [WidgetsModule] });
  api = await DocumentedApi.of(node);
  const tokens = [await node.tokenFor('alice', { roles: ['realtime-admin'] }), await node.tokenFor('dave'), null];
  [alice, dave, stranger] = tokens.map((token) => new ApiClient(node.url, token, '')) as [
    ApiClient,
    ApiClient,
    ApiClient,
  ];
});

beforeEach(() => {
  world = newWorld();
});

afterEach(closeAllClients);

afterAll(() => node.stop());

function newWorld(...others: string[]): ExampleWorld {
  return new ExampleWorld(node, api, alice, ['bob', ...others]);
}

/** Creates the ids that an operation’s request names; a changing operation gets ids of its own. */
function idsFor(operation: Operation): Promise<Ids> {
  return (operation.method === 'GET' ? world : newWorld()).idsFor(operation);
}

/** Runs a function for many operations, several at a time. */
async function forEach(
  operations: readonly Operation[],
  work: (operation: Operation) => Promise<unknown>,
): Promise<void> {
  await inTurns(operations.length, 8, async (n) => {
    const operation = operations[n];
    if (operation !== undefined) await work(operation);
  });
}

const withBody = (): Operation[] => api.operations.filter(({ body }) => body !== null);

interface Changes {
  as?: ApiClient;
  query?: string;
  /** The raw body; null sends none. */
  body?: string | null;
  headers?: Record<string, string>;
}

/** Sends an operation’s example with existing ids; fails if the answer is not documented. */
async function send(operation: Operation, ids: Ids, changes: Changes = {}): Promise<ApiAnswer> {
  const { as = alice, query = '', body = exampleBody(operation, ids), headers = headersOf(operation) } = changes;
  const answer = await as.request(operation.method, `${pathOf(operation, ids)}?${query}`, body ?? undefined, headers);
  const mistakes = api.mistakesOfAnswer(operation, answer);
  expect({ [operation.key]: mistakes, status: answer.status, body: answer.body }).toMatchObject({
    [operation.key]: [],
  });
  return answer;
}

function exampleBody(operation: Operation, ids: Ids): string | null {
  const body = bodyOf(operation, ids);
  return body && JSON.stringify(body);
}

const documents = (operation: Operation, status: number): boolean => operation.statuses.includes(status);

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.0', async () => {
    const validator = new Validator();
    expect(await validator.validate({ ...structuredClone(api.document) })).toEqual({ valid: true });
    expect(validator.version).toBe('3.0');
  });

  it('lists exactly the routes of the application', () => {
    expect(routeGaps(api, routesOf(node.app))).toEqual([]);
  });

  it('gives every operation a unique id, a summary and a tag with a description', () => {
    expect(nameGaps(api)).toEqual([]);
    expect(api.operations.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['listOrganizations', 'createOrganization', 'getResource', 'changeMemberRole']),
    );
  });

  it('describes every parameter, and gives an example that its schema allows', () => {
    expect(parameterGaps(api)).toEqual([]);
  });

  it('gives every body an example that its schema allows', () => {
    expect(bodyGaps(api)).toEqual([]);
  });

  it('gives every property an example, or a schema to derive one from', () => {
    expect(propertyGaps(api)).toEqual([]);
    expect(api.document.components?.schemas).toHaveProperty('Problem');
  });

  it('describes the properties of every object', () => {
    expect(objectGaps(api)).toEqual([]);
  });
});

describe('the examples of the document', () => {
  it('return each of the documented success statuses', async () => {
    await forEach(api.operations, async (operation) => {
      const ids = await idsFor(operation);
      const successes = operation.statuses.filter((status) => status < 300);
      const seen: number[] = [];
      // Repeats the request if it documents another success, such as for a reused key.
      while (seen.length < successes.length) seen.push((await send(operation, ids)).status);
      expect([operation.key, seen.sort()]).toEqual([operation.key, successes]);
    });
  });

  it('return lists with at least one item', async () => {
    const lists = api.operations.filter(({ id }) => id.startsWith('list'));
    await forEach(lists, async (operation) => {
      const ids = await world.idsFor(operation);
      await world.fill(operation, ids);
      const { body } = await send(operation, ids);
      expect([operation.key, body.items ?? body.keys]).toEqual([
        operation.key,
        expect.arrayContaining([expect.anything()]),
      ]);
    });
  });

  it('are accepted with every query parameter', async () => {
    const withQuery = api.operations.filter(({ params }) => params.some((parameter) => parameter.in === 'query'));
    await forEach(withQuery, async (operation) => {
      const ids = await idsFor(operation);
      const { status } = await send(operation, ids, { query: queryOf(operation, ids) });
      expect([operation.key, status < 300]).toEqual([operation.key, true]);
    });
  });

  it('are accepted without their optional fields', async () => {
    await forEach(withBody(), async (operation) => {
      const { anyOf: [form = {}] = [], ...schema } = api.schemaOf(operation.body?.schema ?? {});
      const { required = [] } = 'required' in form ? form : schema;
      const fields = Object.entries(operation.body?.example ?? {}).filter(([name]) => required.includes(name));
      const body = JSON.stringify(Object.fromEntries(fields));
      const { status } = await send(operation, await idsFor(operation), { body });
      expect([operation.key, status < 300]).toEqual([operation.key, true]);
    });
  });
});

describe('input that the schemas allow', () => {
  it('is not rejected, up to the limits', async () => {
    await forEach(withBody(), async (operation) => {
      const ids = await idsFor(operation);
      for (const body of extremeBodies(api, operation)) {
        const { status } = await send(operation, ids, { body: JSON.stringify(body) });
        expect([operation.key, body, status]).not.toEqual([operation.key, body, 400]);
      }
    });
  });
});

describe('the documented errors', () => {
  it('are all covered by these tests', () => {
    const provoked = [400, 401, 403, 404, 409, 413, 415, 429, 503];
    const others = api.operations.flatMap(({ key, statuses }) =>
      statuses.filter((status) => status >= 300 && !provoked.includes(status)).map((status) => `${key}: ${status}`),
    );
    expect(others).toEqual([]);
  });

  it('include 401 exactly where a token is required', async () => {
    await forEach(api.operations, async (operation) => {
      const { status } = await send(operation, await world.idsFor(operation), { as: stranger });
      const security = operation.security ?? api.document.security;
      expect([operation.key, status === 401]).toEqual([operation.key, documents(operation, 401)]);
      expect([operation.key, security]).toEqual([operation.key, status === 401 ? [{ bearer: [] }] : []]);
    });
  });

  it('include 403 exactly where a plain member lacks rights', async () => {
    const kept = newWorld('dave');
    await forEach(api.operations, async (operation) => {
      const keeps = operation.method === 'GET' || documents(operation, 403);
      const ids = await (keeps ? kept : newWorld('dave')).idsFor(operation);
      const { status, body } = await send(operation, ids, { as: dave });
      expect([operation.key, status === 403]).toEqual([operation.key, documents(operation, 403)]);
      if (status === 403) expect(body.detail).toBe(problemExample(operation, 403).detail);
    });
  });

  it('include 404 for every malformed and unknown id in a path', async () => {
    await forEach(api.operations, async (operation) => {
      const ids = await world.idsFor(operation);
      for (const { name, isUuid } of idsInPath(operation)) {
        const wrong = isUuid ? ['nonsense', '\0', UNKNOWN_ID] : ['\0', '\n', 'x'.repeat(256), 'nobody'];
        for (const id of wrong) {
          const { status } = await send(operation, { ...ids, [name]: encodeURIComponent(id) });
          // An unknown user has no connections, so disconnecting them succeeds.
          const isFine = operation.id === 'disconnectUser' && id === 'nobody';
          expect([operation.key, id, status]).toEqual([operation.key, id, isFine ? 204 : 404]);
        }
      }
    });
  });

  it('include 404 for an unknown organization in a body', async () => {
    const others = api.operations.filter(({ path }) => !path.includes('{'));
    await forEach(others, async (operation) => {
      const { status } = await send(operation, { org_id: UNKNOWN_ID });
      expect([operation.key, status === 404]).toEqual([operation.key, documents(operation, 404)]);
    });
  });

  it('include 400, as in the example, for an unknown field or parameter', async () => {
    const strict = api.operations.filter((operation) => documents(operation, 400));
    await forEach(strict, async (operation) => {
      const ids = await world.idsFor(operation);
      const example = bodyOf(operation, ids);
      const changes =
        example === null ? { query: 'colour=red' } : { body: JSON.stringify({ ...example, colour: 'red' }) };
      const { body } = await send(operation, ids, changes);
      expect({ ...body, instance: '' }).toEqual({ ...problemExample(operation, 400), instance: '' });
    });
  });

  it('include 400 for everything else that the schemas forbid', async () => {
    await forEach(api.operations, async (operation) => {
      const ids = await world.idsFor(operation);
      const wrong = [
        ...wrongBodies(api, operation).map(({ field, body }) => ({ field, body: JSON.stringify(body) })),
        ...wrongQueries(operation),
      ];
      expect([operation.key, wrong.length > 0]).toEqual([operation.key, documents(operation, 400)]);
      for (const { field, ...changes } of wrong) {
        const { status, body } = await send(operation, ids, changes);
        const blamed = body.errors?.map((error: { field: string }) => error.field);
        expect([operation.key, changes, status, blamed]).toEqual([operation.key, changes, 400, [field]]);
      }
    });
  });

  it('include 400 for a missing body if one is required', async () => {
    await forEach(withBody(), async (operation) => {
      const isRequired = operation.body?.isRequired === true;
      const { status } = await send(operation, await world.idsFor(operation), { body: null });
      expect([operation.key, status < 300]).toEqual([operation.key, !isRequired]);
    });
  });

  it('include 400, 413 and 415 for an invalid body', async () => {
    await forEach(withBody(), async (operation) => {
      const ids = await world.idsFor(operation);
      const large = JSON.stringify({ large: 'x'.repeat(300_000) });
      const text = { body: 'name=Acme', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
      const answers = await Promise.all(
        [{ body: '{' }, { body: large }, text].map((changes) => send(operation, ids, changes)),
      );
      expect([operation.key, ...answers.map(({ status }) => status)]).toEqual([operation.key, 400, 413, 415]);
    });
  });

  it('include 409 where the example can only be repeated up to a limit, or would leave no owner', async () => {
    await forEach(api.operations, async (operation) => {
      const ids = await idsFor(operation);
      const statuses: number[] = [];
      const repetitions = operation.method === 'GET' ? 1 : 4;
      for (let n = 0; n < repetitions; n += 1) statuses.push((await send(operation, ids)).status);
      if (ids.user_id !== undefined) statuses.push((await send(operation, { ...ids, user_id: 'alice' })).status);
      expect([operation.key, statuses.includes(409)]).toEqual([operation.key, documents(operation, 409)]);
    });
  });

  it('include 429 exactly where requests are counted', async () => {
    const strict = await node.another(
      { HTTP_RATE_LIMIT_PER_MINUTE: '1' },
      { features: [WidgetsModule], prepare: countPatiently },
    );
    const as = new ApiClient(strict.url, null, '');
    await as.get('/api/v1/orgs');
    await forEach(api.operations, async (operation) => {
      const { status } = await send(operation, UNKNOWN_IDS, { as });
      expect([operation.key, status === 429]).toEqual([operation.key, documents(operation, 429)]);
    });
    await strict.stop();
  });

  it('include 503 where a token is required but cannot be verified', async () => {
    const url = `http://127.0.0.1:${await freePort()}/jwks`;
    const cut = await node.another({ KEYCLOAK_JWKS_URL: url }, { features: [WidgetsModule] });
    const as = new ApiClient(cut.url, await node.tokenFor('alice'), '');
    const others = api.operations.filter(({ path }) => !path.startsWith('/dev/'));
    await forEach(others, async (operation) => {
      const { status } = await send(operation, UNKNOWN_IDS, { as });
      expect([operation.key, status === 503]).toEqual([operation.key, documents(operation, 503)]);
    });
    await cut.stop();
  });
});
