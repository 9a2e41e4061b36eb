import { describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { Environment } from '../src/config/environment.js';

describe('.env.example', () => {
  const lines = [...readFileSync('.env.example', 'utf8').matchAll(/^#(?<name>[A-Z_]+)=(?<value>.*)$/gm)];
  const variables = Object.fromEntries(lines.map(({ groups }) => [groups?.name ?? '', groups?.value ?? '']));

  it('lists exactly the variables that the environment reads', () => {
    const read = new Set<string>();
    const recorder = new Proxy<Record<string, string | undefined>>(
      {},
      {
        get(_target, name) {
          read.add(String(name));
          return undefined;
        },
      },
    );
    new Environment(recorder);

    expect(Object.keys(variables).toSorted()).toEqual([...read].toSorted());
  });

  it('shows the defaults', () => {
    expect(new Environment(variables)).toEqual(new Environment({}));
  });

  it('changes nothing when copied to .env', () => {
    const active = readFileSync('.env.example', 'utf8').match(/^[^#\n].*$/gm);
    expect(active).toBeNull();
  });

  it('has one comment for each variable, right before it', () => {
    const text = readFileSync('.env.example', 'utf8');
    for (const name of Object.keys(variables)) expect(text).toMatch(new RegExp(`\\n# .+\\n#${name}=`));
  });
});

interface ComposeService {
  image?: string;
  build?: { context: string; dockerfile: string };
  environment?: Record<string, string>;
  volumes?: string[];
  ports?: string[];
  healthcheck?: { test: string[] };
  depends_on?: Record<string, { condition: string }>;
}

describe('docker-compose.yml', () => {
  const { services, volumes } = parse(readFileSync('docker-compose.yml', 'utf8')) as {
    services: Record<string, ComposeService>;
    volumes: Record<string, null>;
  };

  it('runs Herald with the real Redis, Postgres and Keycloak', () => {
    expect(Object.keys(services).toSorted()).toEqual(['herald', 'keycloak', 'postgres', 'redis']);
    const environment = new Environment(services.herald?.environment);

    expect(environment.isProduction).toBe(true);
    expect(environment.redis).toMatchObject({ mode: 'single', host: 'redis', port: 6379 });
    expect(new URL(environment.database?.url ?? '').hostname).toBe('postgres');
    expect(new URL(environment.auth.jwksUrl ?? '').hostname).toBe('keycloak');
  });

  it('gives Herald a database that Postgres creates', () => {
    const { username, password, pathname } = new URL(services.herald?.environment?.DATABASE_URL ?? '');
    expect(services.postgres?.environment).toEqual({
      POSTGRES_USER: username,
      POSTGRES_PASSWORD: password,
      POSTGRES_DB: pathname.slice(1),
    });
  });

  it('starts Herald once all its dependencies are healthy', () => {
    for (const [name, { condition }] of Object.entries(services.herald?.depends_on ?? {})) {
      expect([name, condition]).toEqual([name, 'service_healthy']);
      expect([name, services[name]?.healthcheck?.test[0]]).toEqual([name, 'CMD']);
    }
    expect(Object.keys(services.herald?.depends_on ?? {})).toHaveLength(3);
  });

  it('names only existing files and volumes, and publishes ports on this machine only', () => {
    expect(existsSync(services.herald?.build?.dockerfile ?? '')).toBe(true);
    for (const service of Object.values(services)) {
      for (const volume of service.volumes ?? []) {
        const source = volume.split(':')[0] ?? '';
        expect([source, source in volumes || existsSync(source)]).toEqual([source, true]);
      }
      for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
    }
  });
});

describe('the Keycloak realm', () => {
  const realm = JSON.parse(readFileSync('deploy/keycloak/herald-realm.json', 'utf8')) as {
    realm: string;
    users: { username: string; realmRoles: string[]; credentials: { type: string; value: string }[] }[];
    clients: {
      clientId: string;
      publicClient: boolean;
      attributes: Record<string, string>;
      defaultClientScopes: string[];
      protocolMappers: { protocolMapper: string; config: Record<string, string> }[];
    }[];
  };
  const compose = parse(readFileSync('docker-compose.yml', 'utf8')) as { services: Record<string, ComposeService> };
  const variables = compose.services.herald?.environment ?? {};

  it('issues tokens that Herald accepts', () => {
    const issuer = `${compose.services.keycloak?.environment?.KC_HOSTNAME ?? ''}/realms/${realm.realm}`;
    const [client] = realm.clients;

    expect(variables.JWT_ISSUER).toBe(issuer);
    expect(new URL(variables.KEYCLOAK_JWKS_URL ?? '').pathname).toBe(
      `/realms/${realm.realm}/protocol/openid-connect/certs`,
    );
    expect(client?.protocolMappers).toContainEqual(
      expect.objectContaining({
        protocolMapper: 'oidc-audience-mapper',
        config: expect.objectContaining({
          'included.custom.audience': variables.JWT_AUDIENCE,
          'access.token.claim': 'true',
        }),
      }),
    );
    expect(client?.defaultClientScopes).toEqual(expect.arrayContaining(['basic', 'email', 'profile', 'roles']));
  });

  it('has two users who can log in, one of them an administrator', () => {
    const users = realm.users.map(({ username, realmRoles }) => [username, realmRoles.includes('realtime-admin')]);
    expect(users).toEqual([
      ['alice', true],
      ['bob', false],
    ]);
    for (const { credentials } of realm.users) expect(credentials).toMatchObject([{ type: 'password' }]);
  });

  it('lets browsers log in without a secret, with PKCE', () => {
    expect(realm.clients).toMatchObject([
      { clientId: 'herald-console', publicClient: true, attributes: { 'pkce.code.challenge.method': 'S256' } },
    ]);
  });
});
