import { describe, expect, it } from '@jest/globals';
import { Environment } from './environment.js';
import { EnvironmentError } from './variables.js';

const PRODUCTION = {
  NODE_ENV: 'production',
  REDIS_HOST: 'redis',
  DATABASE_URL: 'postgres://herald@postgres/herald',
  KEYCLOAK_URL: 'https://id.example.com',
  KEYCLOAK_REALM: 'main',
  JWT_AUDIENCE: 'herald-api',
};

function problemsOf(source: Record<string, string>): readonly string[] {
  try {
    new Environment(source);
    return [];
  } catch (error) {
    if (error instanceof EnvironmentError) return error.problems;
    throw error;
  }
}

describe('Environment', () => {
  it('runs on embedded defaults when nothing is set', () => {
    expect(new Environment({})).toMatchObject({
      mode: 'development',
      host: '0.0.0.0',
      port: 8000,
      dataDir: '.data',
      exportsDir: '.data/exports',
      redis: null,
      database: null,
      auth: { jwksUrl: null, issuer: null, audience: null },
      trustProxy: 0,
      httpRateLimitPerMinute: 600,
      httpMaxHeaderBytes: 32_768,
      ws: {
        maxPayloadBytes: 16_384,
        maxConnections: 0,
        maxConnectionsPerUser: 20,
        maxConnectionsPerAddress: 0,
        rateLimitPerSecond: 10,
        rateLimitBurst: 50,
        maxBufferedBytes: 1_048_576,
        heartbeatIntervalMs: 25_000,
      },
      runJobs: true,
      runMigrations: true,
      shutdownGraceMs: 10_000,
      webConcurrency: 1,
      log: { level: 'info' },
    });
  });

  it('treats an empty variable as unset', () => {
    expect(new Environment({ PORT: '', REDIS_HOST: '  ', DATABASE_URL: '' })).toMatchObject({
      port: 8000,
      redis: null,
      database: null,
    });
  });

  it('keeps exports in the data folder by default', () => {
    expect(new Environment({ DATA_DIR: '/data' }).exportsDir).toBe('/data/exports');
    expect(new Environment({ DATA_DIR: '/data', EXPORTS_DIR: '/exports' }).exportsDir).toBe('/exports');
  });

  it('lists every invalid variable at once, with what it got and what it takes', () => {
    const problems = problemsOf({
      PORT: '80a',
      NODE_ENV: 'prod',
      WS_MAX_PAYLOAD_BYTES: '-1',
      RUN_JOBS: 'yes',
      ALLOWED_ORIGINS: '*',
      KEYCLOAK_JWKS_URL: 'ftp://id.example.com',
    });
    expect(problems).toEqual([
      'NODE_ENV: got "prod", takes one of development, production, test',
      'PORT: got "80a", takes a whole number from 0 to 65535',
      'KEYCLOAK_JWKS_URL: got "ftp://id.example.com", takes a URL that starts with http:// or https://',
      expect.stringMatching(/^ALLOWED_ORIGINS: got "\*", takes a comma list/),
      'WS_MAX_PAYLOAD_BYTES: got "-1", takes a whole number from 128 to 16777216',
      'RUN_JOBS: got "yes", takes one of true, false',
    ]);
    expect(new EnvironmentError(problems).message).toContain(problems.map((problem) => `  - ${problem}`).join('\n'));
  });

  it.each(['1.5', '1e3', '0x10', '65536', '99999999999999999999', 'NaN'])('refuses the port %s', (port) => {
    expect(problemsOf({ PORT: port })).toHaveLength(1);
  });

  it('never repeats a database URL, which can hold a password', () => {
    const [problem] = problemsOf({ DATABASE_URL: 'mysql://herald:secret@db/herald' });
    expect(problem).toMatch(/^DATABASE_URL: /);
    expect(problem).not.toContain('secret');
  });

  it.each([
    ['postgres:foo', 'starts with postgres://'],
    ['http://h/d', 'starts with postgres://'],
    ['postgres://u:p%zz@h/d', '"%" that begins no escape is written "%25"'],
    ['postgres://u%E0%A4:p@h/d', '"%" that begins no escape is written "%25"'],
    ['postgres://u:p@h/d?sslrootcert=/nonexistent', 'whose sslrootcert is a file that can be read'],
    ['postgres://u:p@h/d?sslmode=verify-full&sslkey=/nonexistent', 'whose sslkey is a file that can be read'],
  ])('refuses the database URL %s, at which the driver would stumble', (url, wanted) => {
    expect(problemsOf({ DATABASE_URL: url })).toEqual([
      expect.stringMatching(/^DATABASE_URL: got "a value that is not shown here", takes a URL /),
    ]);
    expect(problemsOf({ DATABASE_URL: url })[0]).toContain(wanted);
  });

  it.each([
    'postgresql://u:p%25@h:5432/d',
    'postgres://h',
    'postgres://u@h/d?sslrootcert=package.json',
    'postgres://%2Fvar%2Frun/d',
    'postgresql://u:p@/d?host=/cloudsql/project:region:instance',
  ])('takes the database URL %s', (url) => {
    expect(new Environment({ DATABASE_URL: url }).database?.url).toBe(url);
  });

  it.each([
    ['KEYCLOAK_JWKS_URL', 'http:foo'],
    ['KEYCLOAK_JWKS_URL', 'https:/foo'],
    ['ALLOWED_ORIGINS', 'https://a.com:99999'],
    ['ALLOWED_ORIGINS', 'https://a.com,b.com:0'],
  ])('refuses what no browser or server would understand, %s=%s', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringContaining(`${name}: got "${value}", takes a`)]);
  });

  it.each([
    ['REDIS_HOST', 'redis://:secret@redis:6379'],
    ['REDIS_CLUSTER_NODES', 'redis://:secret@a:6379'],
    ['KEYCLOAK_JWKS_URL', 'https//u:secret@id.example.com'],
    ['ALLOWED_ORIGINS', 'https://u:secret@app.example.com'],
  ])('never repeats what may hold a password, in %s neither', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([
      expect.stringMatching(new RegExp(`^${name}: got "a value that is not shown here", takes `)),
    ]);
  });

  it.each(['redis://redis', 'redis:6379', '[::1]:6379', 'a,b', 'a b', '::1::'])('refuses the host "%s"', (host) => {
    for (const name of ['HOST', 'REDIS_HOST']) {
      expect(problemsOf({ [name]: host })).toEqual([
        `${name}: got "${host}", takes the name or address of a host alone, without scheme or port`,
      ]);
    }
  });

  it.each([
    ['localhost', 'localhost'],
    ['redis_1.internal', 'redis_1.internal'],
    ['10.0.0.1', '10.0.0.1'],
    ['::1', '::1'],
    ['[::1]', '::1'],
  ])('takes the host "%s"', (given, host) => {
    expect(new Environment({ HOST: given, REDIS_HOST: given })).toMatchObject({ host, redis: { host } });
  });
});

describe('Environment of several processes', () => {
  const SERVERS = { REDIS_HOST: 'redis', DATABASE_URL: 'postgres://db/herald' };

  it('accepts several processes with Redis and a database', () => {
    expect(new Environment({ ...SERVERS, WEB_CONCURRENCY: '4' }).webConcurrency).toBe(4);
    expect(new Environment({ WEB_CONCURRENCY: '1' }).webConcurrency).toBe(1);
  });

  it.each([
    ['REDIS_HOST', /^WEB_CONCURRENCY: got "2" without REDIS_HOST \(or .*\), takes 1/],
    ['DATABASE_URL', /^WEB_CONCURRENCY: got "2" without DATABASE_URL, takes 1/],
  ])('refuses more than one without %s', (name, problem) => {
    expect(problemsOf({ ...SERVERS, WEB_CONCURRENCY: '2', [name]: '' })).toEqual([expect.stringMatching(problem)]);
  });

  it.each(['0', '-1', '1.5', 'auto', '257'])('refuses "%s" processes', (count) => {
    expect(problemsOf({ ...SERVERS, WEB_CONCURRENCY: count })).toEqual([
      expect.stringMatching(/^WEB_CONCURRENCY: got ".*", takes /),
    ]);
  });
});

describe('Environment in production', () => {
  it('starts when keys, a database, Redis and an audience are configured', () => {
    expect(new Environment(PRODUCTION).isProduction).toBe(true);
  });

  it.each([
    ['DATABASE_URL', /^DATABASE_URL: .*required when NODE_ENV=production/],
    ['REDIS_HOST', /^REDIS_HOST .*required when NODE_ENV=production/],
    ['JWT_AUDIENCE', /^JWT_AUDIENCE: .*required when NODE_ENV=production/],
  ])('refuses to start without %s', (name, problem) => {
    expect(problemsOf({ ...PRODUCTION, [name]: '' })).toEqual([expect.stringMatching(problem)]);
  });

  it('refuses the development issuer', () => {
    expect(problemsOf({ ...PRODUCTION, KEYCLOAK_URL: '', KEYCLOAK_REALM: '' })).toEqual([
      expect.stringMatching(/^KEYCLOAK_URL with KEYCLOAK_REALM, or KEYCLOAK_JWKS_URL: /),
    ]);
  });

  it('lists everything missing when nothing is configured', () => {
    expect(problemsOf({ NODE_ENV: 'production' })).toHaveLength(4);
  });

  it('accepts every audience only with JWT_AUDIENCE=any', () => {
    expect(new Environment({ ...PRODUCTION, JWT_AUDIENCE: 'any' }).auth.audience).toBeNull();
  });

  it.each([
    ['KEYCLOAK_JWKS_URL', 'http://id.example.com/certs'],
    ['KEYCLOAK_URL', 'http://id.example.com'],
    ['KEYCLOAK_JWKS_URL', 'http://8.8.8.8/certs'],
    // @abuse JWKS-18
  ])('refuses keys that come from outside without TLS: %s=%s', (name, url) => {
    expect(problemsOf({ ...PRODUCTION, [name]: url })).toEqual([
      expect.stringMatching(new RegExp(`^${name}: got "${url}", takes https:// when NODE_ENV=production`)),
    ]);
    expect(problemsOf({ [name]: url, KEYCLOAK_REALM: name === 'KEYCLOAK_URL' ? 'main' : '' })).toEqual([]);
  });

  it.each(['http://keycloak:8080/certs', 'http://127.0.0.1:8080/certs', 'https://id.example.com/certs'])(
    // @abuse JWKS-18
    'takes keys from %s',
    (url) => {
      expect(problemsOf({ ...PRODUCTION, KEYCLOAK_JWKS_URL: url })).toEqual([]);
    },
  );

  it.each([
    ['JWT_ISSUER', { JWT_ISSUER: 'http://id.example.com/realms/main' }],
    ['KEYCLOAK_URL', { KEYCLOAK_URL: 'http://id.example.com', KEYCLOAK_JWKS_URL: 'https://id.example.com/certs' }],
    // @abuse OPS-20
  ])('refuses an issuer that is reached without TLS: %s', (name, source) => {
    expect(problemsOf({ ...PRODUCTION, ...source })).toEqual([
      expect.stringMatching(
        new RegExp(`^${name}: got "http://id.example.com.*takes https:// when NODE_ENV=production`),
      ),
    ]);
  });

  it.each(['https://id.example.com/', 'http://localhost:8080/realms/main', 'herald', 'urn:example:issuer'])(
    'takes the issuer %s',
    (issuer) => {
      expect(problemsOf({ ...PRODUCTION, JWT_ISSUER: issuer })).toEqual([]);
    },
  );

  it('allows no origin by default', () => {
    expect(new Environment(PRODUCTION).allowedOrigins).toEqual([]);
  });
});

describe('Environment of an identity provider', () => {
  it('derives the keys and the issuer from Keycloak and its realm', () => {
    expect(new Environment({ KEYCLOAK_URL: 'https://id.example.com/auth/', KEYCLOAK_REALM: 'my realm' }).auth).toEqual({
      jwksUrl: 'https://id.example.com/auth/realms/my%20realm/protocol/openid-connect/certs',
      issuer: 'https://id.example.com/auth/realms/my%20realm',
      audience: null,
    });
  });

  it('lets the keys and the issuer be set', () => {
    const auth = { KEYCLOAK_JWKS_URL: 'http://keycloak:8080/certs', JWT_ISSUER: 'https://id.example.com/' };
    expect(new Environment(auth).auth).toEqual({
      jwksUrl: 'http://keycloak:8080/certs',
      issuer: 'https://id.example.com/',
      audience: null,
    });
  });

  it('fetches the keys from exactly the given address', () => {
    const url = 'https://id.example.com/application/o/herald/jwks/';
    expect(new Environment({ KEYCLOAK_JWKS_URL: url }).auth.jwksUrl).toBe(url);
  });

  it.each(['KEYCLOAK_URL', 'KEYCLOAK_JWKS_URL'])('refuses a password in %s, without repeating it', (name) => {
    expect(problemsOf({ [name]: 'https://me:secret@id.example.com', KEYCLOAK_REALM: 'main' })).toContain(
      `${name}: got "a value that is not shown here", takes a URL without user name and password`,
    );
  });

  it('refuses Keycloak without a realm', () => {
    expect(problemsOf({ KEYCLOAK_URL: 'https://id.example.com' })).toEqual([
      'KEYCLOAK_URL, KEYCLOAK_REALM: got one without the other, takes both',
    ]);
  });
});

describe('Environment of Redis', () => {
  it('reads a single server', () => {
    expect(new Environment({ REDIS_HOST: 'redis', REDIS_PORT: '6380', REDIS_PASSWORD: 's' }).redis).toEqual({
      mode: 'single',
      host: 'redis',
      port: 6380,
      username: null,
      password: 's',
      tls: false,
      db: 0,
    });
  });

  it('reads lists of hosts, including IPv6', () => {
    expect(new Environment({ REDIS_CLUSTER_NODES: 'a:7000, [::1]:7001' }).redis).toMatchObject({
      mode: 'cluster',
      nodes: [
        { host: 'a', port: 7000 },
        { host: '::1', port: 7001 },
      ],
    });
    expect(new Environment({ REDIS_SENTINELS: 'a:26379,b:26379', REDIS_SENTINEL_NAME: 'main' }).redis).toMatchObject({
      mode: 'sentinel',
      sentinels: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 26_379 },
      ],
      name: 'main',
    });
  });

  it('reads separate credentials for the sentinels and the master', () => {
    const sentinels = { REDIS_SENTINELS: 'a:26379', REDIS_SENTINEL_NAME: 'main' };
    const ofSentinels = { REDIS_SENTINEL_USERNAME: 'watcher', REDIS_SENTINEL_PASSWORD: 'w' };
    expect(new Environment({ ...sentinels, ...ofSentinels, REDIS_PASSWORD: 'm' }).redis).toMatchObject({
      username: null,
      password: 'm',
      sentinelUsername: 'watcher',
      sentinelPassword: 'w',
    });
    expect(new Environment({ ...sentinels, REDIS_PASSWORD: 'm' }).redis).toMatchObject({ sentinelPassword: null });
  });

  it.each(['a', 'a:', 'a:0', 'a:65536', 'a:1,', 'redis://a:1', ':1'])('refuses the list of hosts "%s"', (nodes) => {
    expect(problemsOf({ REDIS_CLUSTER_NODES: nodes })).toEqual([expect.stringMatching(/^REDIS_CLUSTER_NODES: got /)]);
  });

  it.each<Record<string, string>>([
    { REDIS_HOST: 'a', REDIS_CLUSTER_NODES: 'b:1' },
    { REDIS_SENTINELS: 'a:1' },
    { REDIS_SENTINEL_NAME: 'main' },
    { REDIS_CLUSTER_NODES: 'a:1', REDIS_DB: '1' },
  ])('refuses settings that contradict each other: %j', (source) => {
    expect(problemsOf(source)).toHaveLength(1);
  });
});
