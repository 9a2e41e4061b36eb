import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import { countConnections } from './connection-count.js';
import { type Herald, herald, type Variables } from './herald.js';
import { dropAllSessions, RawSession, type SessionTarget } from './raw-session.js';
import { until } from './until.js';
import { closeAllClients } from './ws-client.js';

/** The node of a test file that treats it badly. */
export interface AbusedNode {
  readonly node: Herald;
  /** A new connection of Mallory. */
  open: (options?: Partial<SessionTarget>) => Promise<RawSession>;
}

/** Starts a node for the tests of a file or block. After all of them it still serves, and holds nothing of what they did. */
export function useAbusedNode(variables: Variables = {}): AbusedNode {
  let node: Herald;
  let token: string;
  beforeAll(async () => {
    node = await herald(variables);
    token = await node.tokenFor('mallory');
  });
  afterEach(async () => {
    dropAllSessions();
    await closeAllClients();
  });
  afterAll(async () => {
    expect(await node.isHealthy()).toBe(true);
    await until(async () => (await countConnections(node.url)) === 0);
    await node.stop();
  });
  return {
    get node() {
      return node;
    },
    open: (options = {}) => RawSession.open({ url: node.url, token, ...options }),
  };
}

/** What is refused, with which code, and how it is provoked. */
export type Refusal = [title: string, code: number, misbehave: (session: RawSession) => void];
/** What is taken, how it is said, and the answers to it. */
export type Acceptance = [title: string, behave: (session: RawSession) => void, answers: object[]];

/** An `error` frame of this code. */
export function error(code: string): object {
  return { type: 'error', code, message: expect.any(String) };
}

/** The answer to a ping with this timestamp. */
export function pong(timestamp: unknown): object {
  return { type: 'pong', timestamp };
}

/** The JSON of a ping. */
export function ping(timestamp: unknown): string {
  return JSON.stringify({ type: 'ping', timestamp });
}
