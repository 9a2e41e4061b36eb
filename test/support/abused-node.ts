import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { countConnections } from './connection-count.js';
import { type Herald, herald, type Variables } from './herald.js';
import { dropAllSessions, RawSession, type SessionTarget } from './raw-session.js';
import { until } from '../../src/realtime/testing/until.js';
import { closeAllClients } from './ws-client.js';

/** The node that a test file abuses. */
export interface AbusedNode {
  readonly node: Herald;
  /** Opens a connection as Mallory. */
  open: (options?: Partial<SessionTarget>) => Promise<RawSession>;
}

/** Starts a node for the tests of a file or block. After them, it must still serve and keep no state of their connections. */
export function useAbusedNode(variables: Variables = {}): AbusedNode {
  let node: Herald;
  let token: string;
  beforeAll(async () => {
    node = await herald(variables);
    token = await node.tokenFor('mallory');
  });
  // The test before may have kept this process so busy that the node has lost Redis for a moment.
  beforeEach(() => until(() => node.isHealthy()));
  afterEach(async () => {
    dropAllSessions();
    await closeAllClients();
  });
  afterAll(async () => {
    await until(() => node.isHealthy());
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

/** What is refused, the close code, and how to provoke it. */
export type Refusal = [title: string, code: number, misbehave: (session: RawSession) => void];
/** What is accepted, how to send it, and the answers. */
export type Acceptance = [title: string, behave: (session: RawSession) => void, answers: object[]];

/** An `error` message with this code. */
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
