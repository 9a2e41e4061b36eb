import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ApiClient } from './support/api-client.js';
import { type Herald, herald } from './support/herald.js';

/** The sources that the page’s Content-Security-Policy allows for a directive. */
function policy(response: Response, directive: string): string[] {
  const directives = response.headers.get('Content-Security-Policy')?.split(';') ?? [];
  return directives.flatMap((text) => (text.startsWith(`${directive} `) ? text.split(' ').slice(1) : []));
}

describe('the page at /, in development', () => {
  let node: Herald;

  beforeAll(async () => {
    node = await herald();
  });

  afterAll(async () => {
    await node.stop();
  });

  function at(path: string, method = 'GET'): Promise<Response> {
    return fetch(`${node.url}${path}`, { method });
  }

  it('is served with the requirement to revalidate it', async () => {
    for (const method of ['GET', 'HEAD']) {
      const response = await at('/', method);
      expect([response.status, response.headers.get('Content-Type')]).toEqual([200, 'text/html; charset=utf-8']);
      expect(response.headers.get('Cache-Control')).toBe('no-cache');
      expect(await response.text()).toMatch(method === 'GET' ? '<div id="root">' : /^$/);
    }
  });

  it('loads only its own files, which can be cached indefinitely', async () => {
    const html = await (await at('/')).text();
    const files = [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, file = '']) => file);
    expect(files.filter((file) => !/^\/(?!\/)/.test(file))).toEqual([]);
    const built = files.filter((file) => file.startsWith('/assets/'));
    expect(built).not.toEqual([]);
    for (const file of built) {
      const { status, headers } = await at(file);
      expect([status, headers.get('Cache-Control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    }
  });

  it('lets scripts come only from the server, and connect only to it', async () => {
    const response = await at('/');
    expect(policy(response, 'script-src')).toEqual(["'self'"]);
    expect(policy(response, 'connect-src')).toEqual(["'self'"]);
  });

  it.each(['/nothing', '/assets/', '/assets/nothing.js', '/..%2fpackage.json', '/assets/..%2f..%2fpackage.json'])(
    'answers %s with a problem',
    async (path) => {
      const response = await at(path);
      expect([404, 400, 403]).toContain(response.status);
      expect(response.headers.get('Content-Type')).toMatch('application/problem+json');
    },
  );

  it('returns the users who may sign in', async () => {
    const response = await at('/console.json');
    expect(await response.json()).toMatchObject({
      mode: 'development',
      users: [{ user_id: 'alice', roles: ['realtime-admin'] }, { user_id: 'bob' }, { user_id: 'carol' }],
    });
  });

  it.each([
    ['http://localhost:3000', true],
    ['https://app.example.com', false],
    ['null', false],
  ])('reports whether a page at %s may connect: %s', async (origin, isAllowed) => {
    const response = await at(`/console.json?origin=${encodeURIComponent(origin)}`);
    expect(await response.json()).toMatchObject({ allows_origin: isAllowed });
  });

  it('creates a single organization for them, even if asked repeatedly', async () => {
    const open = new ApiClient(node.url, null, '');
    const answers = await Promise.all([1, 2, 3].map(() => open.post('/dev/demo')));
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204]);
    expect((await open.post('/dev/demo')).status).toBe(204);
    for (const [userId, role] of Object.entries({ alice: 'owner', bob: 'admin', carol: 'member' })) {
      const api = await node.api(userId);
      const { items } = (await api.get('/orgs')).body as { items: { id: string }[] };
      expect(items).toMatchObject([{ name: 'Acme Robotics', role }]);
      const [{ id } = { id: '' }] = items;
      const resources = (await api.get(`/orgs/${id}/resources`)).body.items;
      expect(resources).toHaveLength(3);
      const members = (await api.get(`/orgs/${id}/members`)).body.items;
      expect(members).toContainEqual(expect.objectContaining({ user_id: 'bob', email: 'bob@example.com' }));
    }
  });
});

describe('the page at /, with an identity provider', () => {
  const KEYS = { KEYCLOAK_JWKS_URL: 'http://127.0.0.1:9/certs' };
  let node: Herald;

  afterEach(async () => {
    await node.stop();
  });

  it('learns where to sign in, and may request tokens there', async () => {
    node = await herald({ ...KEYS, JWT_ISSUER: 'https://id.example.com/realms/herald', CONSOLE_CLIENT_ID: 'web' });
    expect(await (await fetch(`${node.url}/console.json`)).json()).toEqual({
      mode: 'oidc',
      authority: 'https://id.example.com/realms/herald',
      client_id: 'web',
      allows_origin: false,
    });
    expect(policy(await fetch(node.url), 'connect-src')).toEqual(["'self'", 'https://id.example.com']);
    expect((await fetch(`${node.url}/dev/demo`, { method: 'POST' })).status).toBe(404);
  });

  it('learns that sign-in is not configured', async () => {
    node = await herald(KEYS);
    expect(await (await fetch(`${node.url}/console.json`)).json()).toEqual({
      mode: 'unconfigured',
      allows_origin: false,
    });
    expect(policy(await fetch(node.url), 'connect-src')).toEqual(["'self'"]);
  });
});
