import { createPrivateKey, generateKeyPair, type KeyObject, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

export interface SigningKey {
  kid: string;
  privateKey: KeyObject;
}

/**
 * Reads the private key of the development issuer from a file, which is made on the first start, so that tokens stay good
 * over restarts. Processes that start together end up with the same key.
 * @throws {Error} if the file holds something else
 */
export async function loadSigningKey(path: string): Promise<SigningKey> {
  return (await readSigningKey(path)) ?? (await createSigningKey(path));
}

async function readSigningKey(path: string): Promise<SigningKey | null> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return null;
    throw error;
  });
  if (text === null) return null;
  try {
    const jwk: unknown = JSON.parse(text);
    if (!isJwkWithId(jwk)) throw new TypeError('kid is missing');
    return { kid: jwk.kid, privateKey: createPrivateKey({ key: { ...jwk }, format: 'jwk' }) };
  } catch (error) {
    throw new Error(`${path}: takes an RSA private key as a JWK with a kid; delete the file to get a new one`, {
      cause: error,
    });
  }
}

async function createSigningKey(path: string): Promise<SigningKey> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2_048 });
  const jwk = { kid: randomUUID(), alg: 'RS256', use: 'sig', ...privateKey.export({ format: 'jwk' }) };
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, `${JSON.stringify(jwk, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    // Unlike a rename, a link never replaces the file of a process that was faster, and is never half-written.
    await link(draft, path).catch((error: unknown) => {
      if (!hasCode(error, 'EEXIST')) throw error;
    });
  } finally {
    await rm(draft, { force: true });
  }
  const key = await readSigningKey(path);
  if (key !== null) return key;
  throw new Error(`${path}: was deleted while it was being made`);
}

function isJwkWithId(value: unknown): value is { kid: string } {
  return typeof value === 'object' && value !== null && 'kid' in value && typeof value.kid === 'string';
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
