import { parseArgs, type ParseArgsConfig } from 'node:util';

export const USAGE = `Usage: npm run herald -- <command>

  token <user_id>                      prints a token of the development issuer (--email, --role, which may be repeated)
  notify <user_id> <title> [<body>]    notifies a user
  emit <org_id> <event_type> <data>    publishes an event; <data> is a JSON object
  tail <path>                          prints what a connection receives, such as: tail /ws/notifications/
  connections                          lists the live connections of all nodes (--user <user_id>, --org <org_id>)
  doctor                               checks the environment of this folder, the services it names, and the server

Options:
  --url <url>      Herald's address, which may have a path (default: http://localhost:8000)
  --token <jwt>    your access token; without it, the development issuer makes one
  --as <user_id>   the user of the development issuer's token (default: operator)

Exits with 1 if the command failed or found something broken, and with 2 if the command line is invalid.
`;

const OPTIONS = {
  url: { type: 'string' },
  token: { type: 'string' },
  as: { type: 'string', default: 'operator' },
  email: { type: 'string' },
  role: { type: 'string', multiple: true, default: [] as string[] },
  user: { type: 'string' },
  org: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} satisfies ParseArgsConfig['options'];

/** The command line is invalid; printed with the usage. */
export class UsageError extends Error {}

export type CommandLine = ReturnType<typeof readCommandLine>;

export type Options = CommandLine['options'];

/** @throws {UsageError} */
export function readCommandLine() {
  try {
    const { values, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
    if (values.url !== undefined) checkUrl(values.url);
    const [command, ...words] = positionals;
    return { options: values, command, words };
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function checkUrl(text: string): void {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new Error(`--url: got "${text}", takes http://… or https://…`);
  }
  if (url.username !== '' || url.password !== '') throw new Error('--url: takes no user name and password');
}

/** @throws {UsageError} if the word is missing */
export function word(words: readonly string[], index: number, name: string): string {
  const value = words[index];
  if (value === undefined) throw new UsageError(`Takes <${name}>`);
  return value;
}
