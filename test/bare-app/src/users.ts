import type { RefusedToken, TokenVerifier, VerifiedToken } from '@herald/realtime';

/** The application's own users: who may see which boards. */
const BOARDS: Readonly<Record<string, readonly string[]>> = { ann: ['garden', 'kitchen'], ben: ['kitchen'] };

export function mayRead(userId: string, board: string): boolean {
  return BOARDS[userId]?.includes(board) === true;
}

/** Accepts `<user>:<secret>`, as the application's own session tokens are. */
export const sessions: TokenVerifier = {
  verify(token): Promise<VerifiedToken | RefusedToken> {
    const [userId = '', secret] = token.split(':');
    if (secret !== 'open sesame') return Promise.resolve({ refused: 'token_invalid' });
    return Promise.resolve({ userId, expiresAt: new Date(Date.now() + 600_000) });
  },
};
