import { describe, expect, it } from '@jest/globals';
import type { ConnectionState } from '../connection.js';
import type { WelcomeFrame } from '../frames.js';
import { Hearing } from './hearing.js';
import type { Message } from './message.js';

const CONNECTED: ConnectionState = { status: 'connected', reconnects: 0, connectionId: 'c' };
const WELCOME: WelcomeFrame = {
  type: 'connection.established',
  message: '',
  user_id: 'alice',
  connection_id: 'c',
  expires_at: '',
  heartbeat_interval: 25,
  cursor: '0',
};

/** A tab, and the welcomes that its page gets. */
function openTab(): { hearing: Hearing; welcomes: WelcomeFrame[] } {
  const hearing = new Hearing();
  const welcomes: WelcomeFrame[] = [];
  hearing.listeners.add((name, value) => {
    if (name === 'welcome') welcomes.push(value as WelcomeFrame);
  });
  return { hearing, welcomes };
}

describe('a connection that tabs share', () => {
  it('hides its id from all of them, so that no tab keeps its changes from the others', () => {
    const [leading, other] = [openTab(), openTab()];
    const told = leading.hearing.hearOwn('welcome', WELCOME) as Extract<Message, { kind: 'welcome' }>;
    const standing = leading.hearing.hearOwn('state', CONNECTED) as Extract<Message, { kind: 'standing' }>;
    other.hearing.hearStanding(standing);
    other.hearing.hearWelcome(told);
    for (const { hearing, welcomes } of [leading, other]) {
      expect(hearing.state.status).toBe('connected');
      expect(hearing.state.connectionId).toBeUndefined();
      expect(new Set(welcomes.map(({ connection_id }) => connection_id))).toEqual(new Set(['']));
    }
  });
});
