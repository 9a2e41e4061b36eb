import type { RawClient, RawUpgrade } from './raw-client.js';

/** A server's decision on an upgrade: `404`, `4003 not_a_member`, or `welcome`. */
export type Decision = string;

const CLOSE = 0x88;

/** Requests an upgrade and waits for the server's decision, over HTTP or after the handshake. */
export async function decisionOn(client: RawClient, request: RawUpgrade): Promise<Decision> {
  client.sendUpgrade(request);
  const decision = await decided(client);
  client.destroy();
  return decision;
}

/** The decision on a request that was already sent. */
export async function decided(client: RawClient): Promise<Decision> {
  const { status, rest } = await client.answer();
  if (status !== 101) return String(status);
  const headLength = client.bytes.length - rest.length;
  await Promise.any([client.until('connection.established'), client.until(Buffer.of(CLOSE))]);
  const frame = client.bytes.subarray(headLength);
  return frame[0] === CLOSE ? closeIn(frame) : 'welcome';
}

function closeIn(frame: Buffer): Decision {
  const length = frame[1] ?? 0;
  return `${frame.readUInt16BE(2)} ${frame.toString('utf8', 4, 2 + length)}`;
}
