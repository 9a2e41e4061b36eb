import { describe, expect, it } from '@jest/globals';
import type { TokenRequest } from '../options.js';
import { Tokens } from './tokens.js';

function tokenOf(sub: string, id = ''): string {
  return `header.${btoa(JSON.stringify({ sub, id })).replaceAll('=', '')}.signature`;
}

/** Distinct tokens of alice, and the reasons they were requested for. */
function aliceTokens(): { tokens: Tokens; reasons: string[] } {
  const reasons: string[] = [];
  const getToken = ({ reason }: TokenRequest): string => tokenOf('alice', String(reasons.push(reason)));
  return { tokens: new Tokens('alice', () => getToken), reasons };
}

describe('the tokens of a user', () => {
  it('are asked for once, for all requests', async () => {
    const { tokens, reasons } = aliceTokens();
    const [one, other] = await Promise.all([tokens.get(), tokens.get()]);
    expect([one === other, reasons]).toEqual([true, ['connect']]);
  });

  it('are replaced once, however many requests were refused', async () => {
    const { tokens, reasons } = aliceTokens();
    const refused = await tokens.get();
    const [one, other] = await Promise.all([tokens.renew(refused), tokens.renew(refused)]);
    const late = await tokens.renew(refused);
    expect(new Set([one, other, late]).size).toBe(1);
    expect(one).not.toBe(refused);
    expect(reasons).toEqual(['connect', 'refused']);
  });

  it('are those that connections were given', async () => {
    const { tokens, reasons } = aliceTokens();
    const { signal } = new AbortController();
    const given = await tokens.ask({ reason: 'connect', signal });
    expect([await tokens.get(), reasons]).toEqual([given, ['connect']]);
  });

  it('are requested again after a failure', async () => {
    let isSignedIn = false;
    const tokens = new Tokens('alice', () => () => {
      if (!isSignedIn) throw new Error('Sign in first');
      return 'opaque';
    });
    await expect(tokens.get()).rejects.toThrow('Sign in first');
    isSignedIn = true;
    await expect(tokens.get()).resolves.toBe('opaque');
  });

  it('are requested again when one never comes and the connection that asked has given up', async () => {
    const answers = [new Promise<string>(() => undefined), 'opaque'];
    const tokens = new Tokens('alice', () => () => answers.shift() ?? '');
    const connection = new AbortController();
    const given = tokens.ask({ reason: 'connect', signal: connection.signal });
    const forRequest = tokens.get();
    connection.abort();
    await expect(given).rejects.toThrow();
    await expect(forRequest).resolves.toBe('opaque');
  });

  it('are requested again when the connection that asked has given up', async () => {
    const tokens = new Tokens('alice', () => ({ signal }) => {
      if (signal.aborted) throw new Error('Aborted');
      return 'opaque';
    });
    const given = tokens.ask({ reason: 'connect', signal: AbortSignal.abort() });
    const [forRequest] = await Promise.all([tokens.get(), expect(given).rejects.toThrow('Aborted')]);
    expect(forRequest).toBe('opaque');
  });

  it('must be the user’s own', async () => {
    const tokens = new Tokens('alïce', () => () => tokenOf('bob'));
    await expect(tokens.get()).rejects.toThrow(
      'a token of alïce, the userId of HeraldProvider; it returned one of bob',
    );
  });
});
