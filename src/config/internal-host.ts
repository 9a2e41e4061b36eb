import { BlockList, isIP } from 'node:net';

const INTERNAL = new BlockList();
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const) {
  INTERNAL.addSubnet(network, prefix, 'ipv4');
}
INTERNAL.addAddress('::1', 'ipv6');
INTERNAL.addSubnet('fc00::', 7, 'ipv6');
INTERNAL.addSubnet('fe80::', 10, 'ipv6');

/** Names that public DNS doesn't resolve: of containers, Kubernetes services and private networks. */
const INTERNAL_NAME = /^[^.]+$|\.(?:localhost|internal|local|svc)$/;

/** Whether a URL points to this machine or a private network, judging by its host alone. */
export function isInternalHost(url: string): boolean {
  const host = new URL(url).hostname.replace(/^\[|\]$|\.$/g, '');
  const version = isIP(host);
  if (version === 0) return INTERNAL_NAME.test(host);
  return INTERNAL.check(host, version === 4 ? 'ipv4' : 'ipv6');
}
