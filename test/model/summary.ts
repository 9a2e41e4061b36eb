import type { Change } from './ledger.js';
import type { Session } from './session.js';

export interface Summary extends ChangeCounts, SessionCounts {
  seed: number;
  operations: number;
  faults: number;
  slowestRecoveryMs: number;
}

interface ChangeCounts {
  committed: number;
  undone: number;
}

interface SessionCounts {
  sessions: number;
  resumed: number;
  notResumed: number;
  delivered: number;
}

export function countChanges(changes: readonly Change[]): ChangeCounts {
  return {
    committed: changes.filter(({ outcome }) => outcome === 'committed').length,
    undone: changes.filter(({ outcome }) => outcome === 'undone').length,
  };
}

export function countSessions(sessions: readonly Session[]): SessionCounts {
  return {
    sessions: sessions.length,
    resumed: sessions.filter(({ welcome }) => welcome?.resumed === true).length,
    notResumed: sessions.filter(({ welcome }) => welcome?.resumed === false).length,
    delivered: sessions.reduce((sum, { entries }) => sum + entries.length, 0),
  };
}
