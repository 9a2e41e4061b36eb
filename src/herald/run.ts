import { WebSocket } from 'ws';
import { type CommandLine, type Options, USAGE, UsageError, word } from './command-line.js';
import { connections } from './connections.js';
import { HeraldServer } from './herald-server.js';

/** The close code of a connection that ended without a close frame. */
const LOST = 1006;

type Command = (server: HeraldServer, words: readonly string[], options: Options) => Promise<void>;

const COMMANDS: Readonly<Record<string, Command>> = {
  token,
  notify,
  emit,
  tail,
  connections,
  // Loaded on demand, so that the other commands start faster.
  doctor: async (_server, _words, options) => (await import('./doctor/doctor.js')).doctor(options),
};

/** @throws {UsageError} */
export async function run({ command, words, options }: CommandLine): Promise<void> {
  if (options.help || command === 'help') {
    process.stdout.write(USAGE);
    return;
  }
  if (command === undefined) throw new UsageError('Takes a command');
  const perform = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined;
  if (perform === undefined) throw new UsageError(`Unknown command: ${command}`);
  await perform(new HeraldServer(options), words, options);
}

async function token(server: HeraldServer, words: readonly string[], { role, email }: Options): Promise<void> {
  process.stdout.write(`${await server.developmentToken(word(words, 0, 'user_id'), role, email)}\n`);
}

async function notify(server: HeraldServer, words: readonly string[]): Promise<void> {
  const userId = word(words, 0, 'user_id');
  const notification = { title: word(words, 1, 'title'), ...(words[2] === undefined ? {} : { body: words[2] }) };
  print(await server.call('POST', '/api/v1/notifications', { user_id: userId, notification }));
}

async function emit(server: HeraldServer, words: readonly string[]): Promise<void> {
  const [orgId, eventType] = [word(words, 0, 'org_id'), word(words, 1, 'event_type')];
  const data = word(words, 2, 'data');
  expectJson(data);
  // Sent as written: parsing would change numbers with many digits before the server could refuse them.
  const body = `{"event_type":${JSON.stringify(eventType)},"data":${data}}`;
  print(await server.call('POST', `/api/v1/orgs/${encodeURIComponent(orgId)}/events`, body));
}

async function tail(server: HeraldServer, words: readonly string[]): Promise<void> {
  const url = server.webSocketAt(word(words, 0, 'path'));
  const socket = new WebSocket(url, { headers: { Authorization: `Bearer ${await server.token()}` } });
  // The first message is the welcome; without it, the connection was refused.
  let isEstablished = false;
  socket.on('message', (data: Buffer) => {
    isEstablished = true;
    process.stdout.write(`${data.toString()}\n`);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('close', (code, reason) => {
      process.stderr.write(`closed with ${code} ${reason.toString()}\n`);
      if (!isEstablished || code === LOST) process.exitCode = 1;
      resolve();
    });
  });
}

function expectJson(text: string): void {
  try {
    JSON.parse(text);
  } catch {
    throw new UsageError(`<data>: got ${text}, takes a JSON object, such as '{"amount_cents":1999}'`);
  }
}

function print(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
