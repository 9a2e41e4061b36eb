import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { HeraldProcess } from '../support/herald-process.js';
import { type Jwks, startJwks } from '../support/keys.js';
import { postgresDatabase } from '../support/servers.js';
import { closeAllClients, connect, type ConnectOptions, upgrade } from '../support/ws-client.js';

let jwks: Jwks;
let herald: HeraldProcess;
let good: string;
let expired: string;

beforeAll(async () => {
  jwks = await startJwks();
  [good, expired] = await Promise.all([jwks.sign('alice'), jwks.sign('alice', { claims: { exp: 1 } })]);
  herald = await HeraldProcess.spawn('main.js', {
    NODE_OPTIONS: '--unhandled-rejections=strict',
    LOG_LEVEL: 'trace',
    LOG_FORMAT: 'json',
    KEYCLOAK_JWKS_URL: jwks.url,
    DATABASE_URL: await postgresDatabase(),
    RUN_JOBS: 'false',
  });
  await herald.ready();
});
afterEach(closeAllClients);
afterAll(async () => {
  await herald.end('SIGTERM');
  await jwks.stop();
});

/** The lines logged during the action, up to a marker request that follows it. */
async function saidDuring(action: () => Promise<unknown>): Promise<string[]> {
  const { length } = herald.output;
  await action();
  const marker = `/marker-${length}`;
  await fetch(`${herald.url}${marker}`);
  await herald.says(marker);
  const lines = herald.output.slice(length).trim().split('\n');
  for (const line of lines) JSON.parse(line);
  return lines;
}

async function refuse(pathAndQuery: string, options?: ConnectOptions): Promise<void> {
  await (await connect(`${herald.wsUrl}${pathAndQuery}`, options)).closed();
}

const PATH = '/ws/notifications/';

describe('the log', () => {
  // @abuse HS-01
  it('has one line about a refused connection, with the address and the reason', async () => {
    const lines = await saidDuring(() => refuse(`${PATH}?x=secret`));
    const about = lines.filter((line) => line.includes('4001'));
    expect(about).toEqual([expect.stringContaining('Refused a connection from 127.0.0.1: 4001 token_missing')]);
    expect(lines.join('\n')).not.toContain('secret');
  });

  // @abuse HS-14, HS-17
  it('has no tokens in it, wherever they were sent, and whether accepted or refused', async () => {
    const protocol = `access_token.${Buffer.from(expired).toString('base64url')}`;
    const lines = await saidDuring(async () => {
      for (const token of [good, expired]) {
        await refuse(`${PATH}?token=${token}%0d%0aX-Injected:1`);
        await refuse(`${PATH}?token=${token}&token=${token}`);
        await refuse(`${PATH}?token=${token}%00`);
        await refuse(`${PATH}?ticket=${token}`);
        await refuse(PATH, { headers: { cookie: `token=${token}` } });
        await refuse(`/ws/events/${token}/`, { token });
        await upgrade(`${herald.wsUrl}/ws/notifications/${token}/`);
        await upgrade(`${herald.wsUrl}${PATH}?token=${token}`, { headers: { origin: `https://${token}` } });
        for (const path of [`/api/v1/orgs/${token}`, `/api/v1/orgs?token=${token}`, `/${token}`]) {
          await fetch(`${herald.url}${path}`, { headers: { authorization: `Bearer ${token}` } });
        }
      }
      await refuse(`${PATH}?token=${expired}`);
      await refuse(PATH, { protocols: ['herald.v1', protocol] });
      await refuse(PATH, { token: expired });
      const client = await connect(`${herald.wsUrl}${PATH}`, { token: good });
      await client.next();
      client.send({ type: 'auth', token: expired });
      await client.closed();
    });
    const text = lines.join('\n');
    for (const part of [...good.split('.'), ...expired.split('.'), protocol]) expect(text).not.toContain(part);
    expect(text).not.toMatch(/^X-Injected/m);
    expect(text.match(/4001 token_expired/g)).toHaveLength(4);
  });

  // @abuse JWT-41
  it('says once which client scope puts sub into tokens', async () => {
    const token = await jwks.sign('alice', { claims: { sub: undefined } });
    const lines = await saidDuring(async () => {
      for (let round = 0; round < 3; round += 1) await refuse(`${PATH}?token=${token}`);
    });
    expect(lines.filter((line) => line.includes('client scope \\"basic\\"'))).toHaveLength(1);
  });
});
