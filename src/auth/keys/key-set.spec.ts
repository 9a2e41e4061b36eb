import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { KeySet } from './key-set.js';

const rsa = rsaJwk(2_048);
const rsaPrivate = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey.export({ format: 'jwk' });
const weak = rsaJwk(1_024);
const p256 = ecJwk('P-256');
const p384 = ecJwk('P-384');
const p521 = ecJwk('P-521');

function rsaJwk(modulusLength: number): object {
  return generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
}

function ecJwk(namedCurve: string): object {
  return generateKeyPairSync('ec', { namedCurve }).publicKey.export({ format: 'jwk' });
}

describe('KeySet', () => {
  it('finds keys by kid, each for the algorithms its type and curve fit', () => {
    const set = KeySet.of([
      { ...rsa, kid: 'rsa' },
      { ...p256, kid: 'p256' },
      { ...p384, kid: 'p384' },
    ]);
    for (const alg of ['RS256', 'RS384', 'RS512', 'PS256'] as const) expect(set.find('rsa', alg)).toHaveLength(1);
    expect(set.find('rsa', 'ES256')).toEqual([]);
    expect(set.find('p256', 'ES256')).toHaveLength(1);
    expect(set.find('p256', 'ES384')).toEqual([]);
    expect(set.find('p256', 'RS256')).toEqual([]);
    expect(set.find('p384', 'ES384')).toHaveLength(1);
    expect(set.find('p384', 'ES256')).toEqual([]);
    expect(set.find('other', 'RS256')).toEqual([]);
  });

  // @abuse JWKS-23
  it('returns the same key object each time, without parsing it again', () => {
    const set = KeySet.of([{ ...rsa, kid: 'a' }]);
    expect(set.find('a', 'RS256')[0]).toBe(set.find('a', 'RS256')[0]);
  });

  it('uses a key that names an algorithm only for that one', () => {
    const set = KeySet.of([{ ...rsa, kid: 'a', alg: 'RS512' }]);
    expect(set.find('a', 'RS512')).toHaveLength(1);
    expect(set.find('a', 'RS256')).toEqual([]);
  });

  it('tells keys of different types with the same kid apart by the algorithm', () => {
    const set = KeySet.of([
      { ...rsa, kid: 'a' },
      { ...p256, kid: 'a' },
    ]);
    expect(set.find('a', 'RS256')).toMatchObject([{ asymmetricKeyType: 'rsa' }]);
    expect(set.find('a', 'ES256')).toMatchObject([{ asymmetricKeyType: 'ec' }]);
  });

  it('finds all keys of one type with the same kid, in their order, up to four', () => {
    const other = rsaJwk(2_048);
    const set = KeySet.of([
      { ...rsa, kid: 'a' },
      { ...other, kid: 'a' },
    ]);
    expect(set.find('a', 'RS256').map((key) => key.export({ format: 'jwk' }))).toEqual([rsa, other]);
    expect(KeySet.of(Array.from({ length: 9 }, () => ({ ...rsa, kid: 'a' }))).find('a', 'RS256')).toHaveLength(4);
  });

  it('finds a key for a token without a kid only if exactly one fits', () => {
    const set = KeySet.of([rsa, { ...p256, kid: 'b' }, { ...p256, kid: 'c' }]);
    expect(set.find(null, 'RS256')).toHaveLength(1);
    expect(set.find(null, 'ES256')).toEqual([]);
    expect(set.find(null, 'ES384')).toEqual([]);
  });

  it.each([
    ['encryption keys', { ...rsa, use: 'enc' }, '"use" is not "sig"'],
    ['keys for other operations', { ...rsa, key_ops: ['encrypt'] }, '"key_ops" lacks "verify"'],
    ['keys for other algorithms', { ...rsa, alg: 'RSA-OAEP' }, 'fits no allowed algorithm'],
    ['keys whose private part is published', rsaPrivate, 'anybody can sign with it'],
    ['RSA keys below 2,048 bits', weak, 'fits no allowed algorithm'],
    ['RSA keys beyond 16,384 bits', { ...rsa, n: '_'.repeat(2_732) }, 'fits no allowed algorithm'],
    ['RSA keys with an exponent of 1', { ...rsa, e: 'AQ' }, 'fits no allowed algorithm'],
    ['RSA keys with an even exponent', { ...rsa, e: 'BA' }, 'fits no allowed algorithm'],
    ['RSA keys with an empty exponent', { ...rsa, e: '' }, 'fits no allowed algorithm'],
    ['other curves', p521, 'fits no allowed algorithm'],
    ['shared secrets', { kty: 'oct', k: 'c2VjcmV0' }, 'keys[1]'],
    ['broken keys', { kty: 'RSA', n: 7, e: null }, 'keys[1]'],
    ['points off the curve', { ...p256, x: 'AAAA' }, 'keys[1]'],
    ['null', null, 'not a JSON object'],
    ['lists', [], 'not a JSON object'],
    ['texts', 'key', 'not a JSON object'],
  ])('leaves out %s and keeps the rest', (_, jwk, why) => {
    const set = KeySet.of([{ ...rsa, kid: 'good' }, jwk]);
    expect(set.size).toBe(1);
    expect(set.find('good', 'RS256')).toHaveLength(1);
    expect(set.ignored).toContain(why);
  });

  it('treats a kid of the wrong type as missing', () => {
    expect(KeySet.of([{ ...rsa, kid: 7 }]).find(null, 'RS256')).toHaveLength(1);
  });

  it('refuses a JWKS without a usable key, and says why', () => {
    expect(() => KeySet.of([])).toThrow('it is empty');
    expect(() => KeySet.of([weak])).toThrow('keys[0]: its type, size, curve or "alg" fits no allowed algorithm');
  });

  it('refuses more entries than a realm has, without reading them', () => {
    let looks = 0;
    const costly = {
      ...rsa,
      get use() {
        looks += 1;
        return 'sig';
      },
    };
    expect(KeySet.of(Array.from({ length: 100 }, () => costly)).size).toBe(100);
    expect(looks).toBeGreaterThan(0);
    looks = 0;
    const many = Array.from({ length: 101 }, () => costly);
    expect(() => KeySet.of(many)).toThrow('The JWKS: got 101 keys, takes up to 100');
    expect(looks).toBe(0);
  });

  it('lists the first five entries it ignores, and how many more there are', () => {
    const junk = Array.from({ length: 100 }, () => 1);
    expect(() => KeySet.of(junk)).toThrow(/\(keys\[0\]: [^;]*(; keys\[\d\]: [^;]*){4}; and 95 more\)$/);
    expect(KeySet.of([rsa, ...junk.slice(0, 6)]).ignored).toMatch(/^keys\[1\]: .*; and 1 more$/);
  });
});
