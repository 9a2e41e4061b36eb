import { createPublicKey, type KeyObject, sign, X509Certificate } from 'node:crypto';

/** A part of a token: any JSON value, or verbatim text. */
export type Part = { text: string } | { json: unknown };

/** Signs any header and payload, even malformed ones, with RS256, ES256 or EdDSA depending on the key. */
export function forge(header: Part, payload: Part, key: KeyObject): string {
  const input = `${encode(header)}.${encode(payload)}`;
  const digest = key.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  return `${input}.${sign(digest, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

export function encode(part: Part): string {
  return Buffer.from('text' in part ? part.text : JSON.stringify(part.json)).toString('base64url');
}

/** A self-signed X.509 certificate (RFC 5280) for an RSA key, in base64 as in an `x5c` header. */
export function selfSignedCertificate(privateKey: KeyObject): string {
  const algorithm = der(0x30, der(0x06, Buffer.from('2a864886f70d01010b', 'hex')), der(0x05)); // sha256WithRSAEncryption
  const commonName = der(0x30, der(0x06, Buffer.from('550403', 'hex')), der(0x0c, Buffer.from('Eve')));
  const name = der(0x30, der(0x31, commonName));
  const validity = der(0x30, der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z')));
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const body = der(0x30, der(0x02, Buffer.from([1])), algorithm, name, validity, name, publicKey);
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey));
  return new X509Certificate(der(0x30, body, algorithm, signature)).raw.toString('base64');
}

/** An ASN.1 value in DER. */
function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}
