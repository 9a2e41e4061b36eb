import { createPrivateKey, generateKeyPair, type KeyObject, randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { EnvironmentError } from '../../config/environment.js';

/** An unreadable file may be one that another process is still writing, for up to this long. */
const WRITTEN_MS = 1_000;
const POLL_MS = 20;

export interface SigningKey {
  kid: string;
  privateKey: KeyObject;
}

/**
 * Reads the private key of the development issuer from a file, created on the first start, so that tokens stay valid after a
 * restart. Processes that start together end up with the same key.
 * @throws {EnvironmentError} if the file holds something else
 */
export async function loadSigningKey(path: string): Promise<SigningKey> {
  const key = (await readSigningKey(path)) ?? (await createSigningKey(path));
  if (key !== null) return key;
  throw new EnvironmentError([`DATA_DIR: ${path} was deleted while it was being created`]);
}

/** Null if there is no such file. */
async function readSigningKey(path: string): Promise<SigningKey | null> {
  const deadline = performance.now() + WRITTEN_MS;
  for (;;) {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (hasCode(error, 'ENOENT')) return null;
      throw error;
    });
    const key = text === null ? null : parseSigningKey(text);
    if (text === null || key !== null) return key;
    if (performance.now() > deadline) {
      throw new EnvironmentError([
        `DATA_DIR: ${path} does not contain an RSA private key as a JWK with a kid; delete the file to get a new one`,
      ]);
    }
    await wait(POLL_MS);
  }
}

function parseSigningKey(text: string): SigningKey | null {
  try {
    const jwk: unknown = JSON.parse(text);
    if (!isJwkWithId(jwk)) return null;
    return { kid: jwk.kid, privateKey: createPrivateKey({ key: { ...jwk }, format: 'jwk' }) };
  } catch {
    return null;
  }
}

async function createSigningKey(path: string): Promise<SigningKey | null> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2_048 });
  const jwk = { kid: randomUUID(), alg: 'RS256', use: 'sig', ...privateKey.export({ format: 'jwk' }) };
  await mkdir(dirname(path), { recursive: true });
  // Never overwrites the file of a process that was faster. Not by a hard link, which some file systems lack.
  await writeFile(path, `${JSON.stringify(jwk, null, 2)}\n`, { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error;
  });
  return readSigningKey(path);
}

function isJwkWithId(value: unknown): value is { kid: string } {
  return typeof value === 'object' && value !== null && 'kid' in value && typeof value.kid === 'string';
}

function hasCode(error: unknown, code: string): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code;
}
