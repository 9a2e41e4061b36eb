import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { provideProgram } from './packages.js';

const run = promisify(execFile);

/** The files of a server's key and its self-signed certificate. */
export interface Certificate {
  readonly key: string;
  readonly certificate: string;
}

/** Creates a certificate for this machine, as `<name>.key` and `<name>.crt`. */
export async function makeCertificate(folder: string, name: string): Promise<Certificate> {
  const openssl = await provideProgram(['openssl'], 'openssl');
  const [key, certificate] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const files = ['-keyout', key, '-out', certificate];
  await run(openssl, ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...files, ...subject]);
  return { key, certificate };
}
