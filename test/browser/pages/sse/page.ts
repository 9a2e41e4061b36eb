import { connectOrgEvents } from '@herald/client';
import { sseFallback } from '@herald/client/sse';

/** What the test gives to the page, and reads from it. */
interface Shared {
  getToken: () => Promise<string>;
  transports: (string | undefined)[];
  heard: unknown[];
}

const shared = window as unknown as Shared;
const { searchParams } = new URL(location.href);
shared.transports = [];
shared.heard = [];
const connection = connectOrgEvents(searchParams.get('org') ?? '', {
  url: searchParams.get('url') ?? '',
  getToken: () => shared.getToken(),
  WebSocket: sseFallback(),
});
connection.on('welcome', ({ transport }) => shared.transports.push(transport));
connection.on('event', ({ data }) => shared.heard.push(data.n));
