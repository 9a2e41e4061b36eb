import type { Options } from './command-line.js';
import type { HeraldServer } from './herald-server.js';

/** A connection in the admin API's answer, with the fields that the table shows. */
interface LiveConnection {
  connection_id: string;
  user_id: string;
  endpoint: string;
  org_id: string | null;
  node: string;
  connected_at: string;
  expires_at: string;
  remote_address: string;
  sent: number;
  buffered_bytes: number;
}

interface ConnectionPage {
  items: LiveConnection[];
  next_cursor: string | null;
}

const HEADINGS = ['CONNECTION', 'USER', 'ENDPOINT', 'ADDRESS', 'NODE', 'CONNECTED', 'TOKEN ENDS', 'SENT', 'BUFFERED'];

/** Prints a table of the live connections of all nodes, optionally only those of a user or an organization. */
export async function connections(
  server: HeraldServer,
  _words: readonly string[],
  { user, org }: Options,
): Promise<void> {
  const rows: string[][] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '100' });
    for (const [name, value] of Object.entries({ user_id: user, org_id: org, cursor }))
      if (value) query.set(name, value);
    // Not checked: the server is ours, and its tests cover its answers.
    const page = (await server.call('GET', `/api/v1/realtime/connections?${query.toString()}`)) as ConnectionPage;
    rows.push(...page.items.map(toRow));
    cursor = page.next_cursor;
  } while (cursor !== null);
  process.stdout.write(rows.length === 0 ? 'No live connections\n' : table([HEADINGS, ...rows]));
}

function toRow(connection: LiveConnection): string[] {
  const { connection_id, user_id, endpoint, org_id, remote_address, node, connected_at, expires_at } = connection;
  return [
    connection_id,
    user_id,
    org_id === null ? endpoint : `${endpoint} ${org_id}`,
    remote_address,
    node,
    connected_at,
    expires_at,
    String(connection.sent),
    String(connection.buffered_bytes),
  ];
}

function table(rows: string[][]): string {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}
