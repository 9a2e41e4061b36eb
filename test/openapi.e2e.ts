import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';
import { Validator } from '@seriousme/openapi-schema-validator';
import { type ApiAnswer, ApiClient } from './support/api-client.js';
import { bodiesOf, DocumentedApi, type Operation, problemExample } from './support/documented-api.js';
import { ExampleWorld, type Ids } from './support/example-world.js';
import { herald, type Herald } from './support/herald.js';
import { extremeBodies, wrongBodies, wrongQueries } from './support/schema-inputs.js';
import { freePort } from './support/servers.js';
import { closeAllClients } from './support/ws-client.js';

const UNKNOWN_ID = '01997a6e-7e3f-7000-8000-000000000001';
const UNKNOWN_IDS: Ids = { org_id: UNKNOWN_ID, id: UNKNOWN_ID, connection_id: UNKNOWN_ID, user_id: 'nobody' };

/** Low enough to be reached; every organization of the test has one resource. */
const VARIABLES = { ORG_RESOURCE_QUOTA: '3' };

let node: Herald;
let api: DocumentedApi;
let world: ExampleWorld;

beforeAll(async () => {
  node = await herald(VARIABLES, { embedded: true });
  const response = await fetch(`${node.url}/docs/openapi.json`);
  api = new DocumentedApi((await response.json()) as OpenAPIObject);
  world = await ExampleWorld.on(node);
});

afterEach(closeAllClients);

afterAll(() => node.stop());

interface Changes {
  as?: ApiClient;
  query?: string;
  /** As it goes over the wire; null: none. */
  body?: string | null;
  headers?: Record<string, string>;
}

/** Sends an operation's example, with ids that exist in the place of the example's. Whatever comes back must be documented. */
async function send(operation: Operation, ids: Ids, changes: Changes = {}): Promise<ApiAnswer> {
  const {
    as = world.alice,
    query = '',
    body = exampleBody(operation, ids),
    headers = exampleHeaders(operation),
  } = changes;
  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(ids[name] ?? ''));
  const answer = await as.request(operation.method, `${path}?${query}`, body ?? undefined, headers);
  const mistakes = api.mistakesOfAnswer(operation, answer);
  expect({ id: operation.id, status: answer.status, mistakes, body: answer.body }).toMatchObject({ mistakes: [] });
  return answer;
}

function exampleBody({ body }: Operation, ids: Ids): string | null {
  if (body === null) return null;
  const fields = Object.entries(body.example).map(([name, value]) => [name, idFor(name, ids) ?? value]);
  return JSON.stringify(Object.fromEntries(fields));
}

/** The user ids of the examples are those of users that exist. */
function idFor(name: string, ids: Ids): string | undefined {
  return name === 'user_id' ? undefined : ids[name];
}

function exampleQuery({ params }: Operation, ids: Ids): string {
  const query = params.filter((parameter) => parameter.in === 'query');
  return String(
    new URLSearchParams(
      query.map(({ name, example }): [string, string] => [name, idFor(name, ids) ?? String(example)]),
    ),
  );
}

function exampleHeaders({ params }: Operation): Record<string, string> {
  const headers = params.filter((parameter) => parameter.in === 'header');
  return Object.fromEntries(headers.map(({ name, example }) => [name, String(example)]));
}

/** What Express would serve, but for the pages about the API and what answers 404 to all other paths, with any method. */
function routesOf({ app }: Herald): string[] {
  const { router } = app.getHttpAdapter().getInstance() as { router: Router };
  return router.stack.flatMap(({ route }) => {
    const methods = Object.keys(route?.methods ?? {});
    if (route === undefined || methods.length > 1 || /^\/(docs|console\.json|$)/.test(route.path)) return [];
    return [`${methods.join().toUpperCase()} ${route.path.replace(/:(\w+)/g, '{$1}')}`];
  });
}

interface Router {
  stack: { route?: { path: string; methods: Record<string, boolean> } }[];
}

const documents = (operation: Operation, status: number): boolean => operation.statuses.includes(status);

describe('the OpenAPI document', () => {
  it('is valid OpenAPI 3.0', async () => {
    const validator = new Validator();
    expect(await validator.validate({ ...structuredClone(api.document) })).toEqual({ valid: true });
    expect(validator.version).toBe('3.0');
  });

  it('has every route of the application, and no other', () => {
    const documented = api.operations.map(({ method, path }) => `${method} ${path}`);
    expect(documented.sort()).toEqual(routesOf(node).sort());
  });

  it('gives every operation a name of its own, a summary and a tag that it explains', () => {
    const tags = api.document.tags?.map(({ name }) => name) ?? [];
    for (const { id, summary = '', tags: own = [] } of api.operations) {
      expect([id, summary, own]).toEqual([
        expect.stringMatching(/^[a-z]+([A-Z][a-z]+)+$/),
        expect.stringMatching(/\w/),
        [expect.any(String)],
      ]);
      expect(tags).toContain(own[0]);
    }
    const ids = api.operations.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
    expect(ids).toEqual(
      expect.arrayContaining(['listOrganizations', 'createOrganization', 'getResource', 'changeMemberRole']),
    );
  });

  it('describes every parameter, and gives an example that its schema allows', () => {
    for (const operation of api.operations) {
      for (const { name, description, example, schema } of operation.params) {
        expect([operation.id, name, description]).toEqual([operation.id, name, expect.stringMatching(/\w/)]);
        expect([name, api.mistakesIn(example, schema ?? {})]).toEqual([name, []]);
      }
    }
  });

  it('gives every body an example that its schema allows', () => {
    for (const operation of api.operations) {
      for (const [where, { schema, example }] of bodiesOf(operation)) {
        expect([operation.id, where, schema, example]).toEqual([
          operation.id,
          where,
          expect.anything(),
          expect.anything(),
        ]);
        expect([operation.id, where, api.mistakesIn(example, schema ?? {})]).toEqual([operation.id, where, []]);
      }
    }
  });

  it('gives every property an example, or what one follows from', () => {
    const { Problem, ...schemas } = api.document.components?.schemas ?? {};
    const bare = Object.entries(schemas).flatMap(([name, schema]) =>
      Object.entries(api.schemaOf(schema).properties ?? {})
        .filter(([, property]) => !/"(example|default|enum|format|\$ref)":/.test(JSON.stringify(property)))
        .map(([property]) => `${name}.${property}`),
    );
    expect(bare).toEqual([]);
    expect(Problem).toBeDefined();
  });

  it('says of every object what is in it', () => {
    const vague: unknown[] = [];
    JSON.stringify(api.document, (_, value: unknown) => {
      const isObject = typeof value === 'object' && value !== null && 'type' in value && value.type === 'object';
      if (isObject && !('properties' in value) && !('additionalProperties' in value)) vague.push(value);
      return value;
    });
    expect(vague).toEqual([]);
  });
});

describe('the examples of the document', () => {
  it('are answered with each of the documented successes', async () => {
    for (const operation of api.operations) {
      const ids = await world.idsFor(operation.path);
      const successes = operation.statuses.filter((status) => status < 300);
      const seen: number[] = [];
      // What answers otherwise the second time, such as with a key that was used, says so.
      while (seen.length < successes.length) seen.push((await send(operation, ids)).status);
      expect([operation.id, seen.sort()]).toEqual([operation.id, successes]);
    }
  });

  it('are answered with lists that have something in them', async () => {
    for (const operation of api.operations.filter(({ id }) => id.startsWith('list'))) {
      const { body } = await send(operation, await world.idsFor(operation.path));
      expect([operation.id, body.items ?? body.keys]).toEqual([
        operation.id,
        expect.arrayContaining([expect.anything()]),
      ]);
    }
  });

  it('are taken with all of their query', async () => {
    for (const operation of api.operations) {
      const ids = await world.idsFor(operation.path);
      const { status } = await send(operation, ids, { query: exampleQuery(operation, ids) });
      expect([operation.id, status < 300]).toEqual([operation.id, true]);
    }
  });

  it('are taken without what is not required', async () => {
    for (const operation of api.operations.filter(({ body }) => body !== null)) {
      const ids = await world.idsFor(operation.path);
      const { required = [] } = api.schemaOf(operation.body?.schema ?? {});
      const fields = Object.entries(operation.body?.example ?? {}).filter(([name]) => required.includes(name));
      const { status } = await send(operation, ids, { body: JSON.stringify(Object.fromEntries(fields)) });
      expect([operation.id, status < 300]).toEqual([operation.id, true]);
    }
  });
});

describe('what the schemas allow', () => {
  it('is no wrong input, up to the limits', async () => {
    for (const operation of api.operations) {
      const ids = await world.idsFor(operation.path);
      for (const body of extremeBodies(api, operation)) {
        const { status } = await send(operation, ids, { body: JSON.stringify(body) });
        expect([operation.id, body, status]).not.toEqual([operation.id, body, 400]);
      }
    }
  });
});

describe('the documented errors', () => {
  it('are no others than those that are provoked here', () => {
    const provoked = [400, 401, 403, 404, 409, 413, 415, 429, 503];
    const others = api.operations.flatMap(({ statuses }) => statuses.filter((status) => status >= 300));
    expect(others.filter((status) => !provoked.includes(status))).toEqual([]);
  });

  it('have 401 exactly where a token is asked for', async () => {
    for (const operation of api.operations) {
      const { status } = await send(operation, await world.keptIdsFor(operation.path), { as: world.stranger });
      const security = operation.security ?? api.document.security;
      expect([operation.id, status === 401]).toEqual([operation.id, documents(operation, 401)]);
      expect([operation.id, security]).toEqual([operation.id, status === 401 ? [{ bearer: [] }] : []]);
    }
  });

  it('have 403 exactly where a plain member is not enough', async () => {
    for (const operation of api.operations) {
      const { status, body } = await send(operation, await world.idsFor(operation.path), { as: world.dave });
      expect([operation.id, status === 403]).toEqual([operation.id, documents(operation, 403)]);
      if (status === 403) expect(body.detail).toBe(problemExample(operation, 403).detail);
    }
  });

  it('have 404 for every malformed and every unknown id of a path', async () => {
    for (const operation of api.operations) {
      const ids = await world.keptIdsFor(operation.path);
      for (const { name, schema } of operation.params.filter((parameter) => parameter.in === 'path')) {
        const isUuid = schema !== undefined && 'format' in schema && schema.format === 'uuid';
        const wrong = isUuid ? ['nonsense', '\0', UNKNOWN_ID] : ['\0', '\n', 'x'.repeat(256), 'nobody'];
        for (const id of wrong) {
          const { status } = await send(operation, { ...ids, [name]: id });
          // Whoever has never been here has no connections, which is what was asked for.
          const isFine = operation.id === 'disconnectUser' && id === 'nobody';
          expect([operation.id, id, status]).toEqual([operation.id, id, isFine ? 204 : 404]);
        }
      }
    }
  });

  it('have 404 for an organization that is named in a body and does not exist', async () => {
    for (const operation of api.operations.filter(({ path }) => !path.includes('{'))) {
      const { status } = await send(operation, { org_id: UNKNOWN_ID });
      expect([operation.id, status === 404]).toEqual([operation.id, documents(operation, 404)]);
    }
  });

  it('have 400, as in the example, for a field or a parameter that is not known', async () => {
    for (const operation of api.operations.filter((candidate) => documents(candidate, 400))) {
      const ids = await world.keptIdsFor(operation.path);
      const example = JSON.parse(exampleBody(operation, ids) ?? '{}') as object;
      const changes =
        operation.body === null ? { query: 'colour=red' } : { body: JSON.stringify({ ...example, colour: 'red' }) };
      const { body } = await send(operation, ids, changes);
      expect({ ...body, instance: '' }).toEqual({ ...problemExample(operation, 400), instance: '' });
    }
  });

  it('have 400 for everything else that the schemas rule out', async () => {
    for (const operation of api.operations) {
      const ids = await world.keptIdsFor(operation.path);
      const wrong = [
        ...wrongBodies(api, operation).map(({ field, body }) => ({ field, body: JSON.stringify(body) })),
        ...wrongQueries(operation),
      ];
      expect([operation.id, wrong.length > 0]).toEqual([operation.id, documents(operation, 400)]);
      for (const { field, ...changes } of wrong) {
        const { status, body } = await send(operation, ids, changes);
        const blamed = body.errors?.map((error: { field: string }) => error.field);
        expect([operation.id, changes, status, blamed]).toEqual([operation.id, changes, 400, [field]]);
      }
    }
  });

  it('have 400 for no body at all, if one is required', async () => {
    for (const operation of api.operations.filter(({ body }) => body !== null)) {
      const { status } = await send(operation, await world.idsFor(operation.path), { body: null });
      expect([operation.id, status < 300]).toEqual([operation.id, operation.body?.isRequired === false]);
    }
  });

  it('have 400, 413 and 415 for a body that is none', async () => {
    for (const operation of api.operations.filter(({ body }) => body !== null)) {
      const ids = await world.keptIdsFor(operation.path);
      const large = JSON.stringify({ large: 'x'.repeat(300_000) });
      const text = { body: 'name=Acme', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
      const answers = await Promise.all(
        [{ body: '{' }, { body: large }, text].map((changes) => send(operation, ids, changes)),
      );
      expect([operation.id, ...answers.map(({ status }) => status)]).toEqual([operation.id, 400, 413, 415]);
    }
  });

  it('have 409 where the example cannot be repeated without an end, or would leave no owner', async () => {
    for (const operation of api.operations) {
      const ids = await world.idsFor(operation.path);
      const statuses: number[] = [];
      for (let n = 0; n < 4; n += 1) statuses.push((await send(operation, ids)).status);
      if (ids.user_id !== undefined) statuses.push((await send(operation, { ...ids, user_id: 'alice' })).status);
      expect([operation.id, statuses.includes(409)]).toEqual([operation.id, documents(operation, 409)]);
    }
  });

  it('have 429 exactly where requests are counted', async () => {
    const strict = await herald({ ...VARIABLES, HTTP_RATE_LIMIT_PER_MINUTE: '1' });
    try {
      const as = new ApiClient(strict.url, null, '');
      await as.get('/api/v1/orgs');
      for (const operation of api.operations) {
        const { status } = await send(operation, UNKNOWN_IDS, { as });
        expect([operation.id, status === 429]).toEqual([operation.id, documents(operation, 429)]);
      }
    } finally {
      await strict.stop();
    }
  });

  it('have 503 where a token is asked for, while nobody can tell whether it is good', async () => {
    const url = `http://127.0.0.1:${await freePort()}/jwks`;
    const cut = await herald({ ...VARIABLES, KEYCLOAK_JWKS_URL: url });
    try {
      const as = new ApiClient(cut.url, await node.tokenFor('alice'), '');
      for (const operation of api.operations.filter(({ path }) => !path.startsWith('/dev/'))) {
        const { status } = await send(operation, UNKNOWN_IDS, { as });
        expect([operation.id, status === 503]).toEqual([operation.id, documents(operation, 503)]);
      }
    } finally {
      await cut.stop();
    }
  });
});
