import { parseArgs, type ParseArgsConfig } from 'node:util';
import { WebSocket } from 'ws';

const USAGE = `Usage: npm run herald -- <command>

  token <user_id>                      prints a token of the development issuer (--email, --role, which may be repeated)
  notify <user_id> <title> [<body>]    notifies a user
  emit <org_id> <event_type> <data>    publishes an event; <data> is a JSON object
  tail <path>                          prints what a connection receives, such as: tail /ws/notifications/

Options:
  --url <url>      where Herald serves (http://localhost:8000)
  --token <jwt>    who you are; without it the development issuer is asked for a token
  --as <user_id>   whom the development issuer is asked for (operator)
`;

const OPTIONS = {
  url: { type: 'string', default: 'http://localhost:8000' },
  token: { type: 'string' },
  as: { type: 'string', default: 'operator' },
  email: { type: 'string' },
  role: { type: 'string', multiple: true, default: [] as string[] },
} satisfies ParseArgsConfig['options'];

/** Wrong words on the command line: the usage is printed with it. */
class UsageError extends Error {}

type Options = ReturnType<typeof readCommandLine>['values'];

function readCommandLine() {
  try {
    return parseArgs({ options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function run(): Promise<void> {
  const { values, positionals } = readCommandLine();
  const [command, ...words] = positionals;
  if (command === 'token') {
    const token = await developmentToken(values, word(words, 0, 'user_id'), values.role, values.email);
    process.stdout.write(`${token}\n`);
  } else if (command === 'notify') {
    const userId = word(words, 0, 'user_id');
    const notification = { title: word(words, 1, 'title'), ...(words[2] === undefined ? {} : { body: words[2] }) };
    await post(values, '/api/v1/notifications', { user_id: userId, notification });
  } else if (command === 'emit') {
    const data = JSON.parse(word(words, 2, 'data')) as unknown;
    await post(values, `/api/v1/orgs/${encodeURIComponent(word(words, 0, 'org_id'))}/events`, {
      event_type: word(words, 1, 'event_type'),
      data,
    });
  } else if (command === 'tail') {
    await tail(values, word(words, 0, 'path'));
  } else {
    throw new UsageError(command === undefined ? 'Takes a command' : `Unknown command: ${command}`);
  }
}

function word(words: readonly string[], index: number, name: string): string {
  const value = words[index];
  if (value === undefined) throw new UsageError(`Takes <${name}>`);
  return value;
}

async function developmentToken(
  { url }: Options,
  userId: string,
  roles: readonly string[],
  email?: string,
): Promise<string> {
  const answer = await request(new URL('/dev/token', url), {
    user_id: userId,
    roles,
    ...(email === undefined ? {} : { email }),
  });
  return (answer as { access_token: string }).access_token;
}

async function post(options: Options, path: string, body: object): Promise<void> {
  const token = options.token ?? (await developmentToken(options, options.as, ['realtime-admin']));
  const answer = await request(new URL(path, options.url), body, { Authorization: `Bearer ${token}` });
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

async function request(url: URL, body: object, headers: Record<string, string> = {}): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url.pathname} answered ${response.status}: ${text}`);
  return text === '' ? null : (JSON.parse(text) as unknown);
}

async function tail(options: Options, path: string): Promise<void> {
  const token = options.token ?? (await developmentToken(options, options.as, []));
  const url = new URL(path, options.url.replace(/^http/, 'ws'));
  const socket = new WebSocket(url, { headers: { Authorization: `Bearer ${token}` } });
  socket.on('message', (data: Buffer) => process.stdout.write(`${data.toString()}\n`));
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', (code, reason) => {
      process.stderr.write(`closed with ${code} ${reason.toString()}\n`);
      resolve();
    });
  });
}

try {
  await run();
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
  process.stderr.write(`herald: ${message}${cause}\n${error instanceof UsageError ? `\n${USAGE}` : ''}`);
  process.exitCode = 1;
}
