import { createHash } from 'node:crypto';
import type { Principal } from '../connection/principal.js';
import { RealtimeRedis } from '../broker/realtime-redis.js';
import { TICKET_SECONDS, TicketStore } from './ticket-store.js';

/** The value stored in Redis. Its key is the ticket's hash; the ticket itself is not stored. */
interface StoredPrincipal {
  user_id: string;
  email: string | null;
  name: string | null;
  roles: string[];
  expires_at: number;
  session_id: string | null;
}

/** The tickets of all nodes, in Redis. */
export class RedisTicketStore extends TicketStore {
  constructor(private readonly redis: RealtimeRedis) {
    super();
  }

  override async put(ticket: string, principal: Principal): Promise<void> {
    const { userId, email, name, roles, expiresAt, sessionId } = principal;
    const stored: StoredPrincipal = {
      user_id: userId,
      email,
      name,
      roles: [...roles],
      expires_at: expiresAt.getTime(),
      session_id: sessionId,
    };
    await this.redis.ask((commands) => commands.set(this.keyOf(ticket), JSON.stringify(stored), 'EX', TICKET_SECONDS));
  }

  override async take(ticket: string): Promise<Principal | null> {
    const text = await this.redis.ask((commands) => commands.getdel(this.keyOf(ticket)));
    if (text === null) return null;
    // Only `put` writes under these keys, which can't be guessed.
    const stored = JSON.parse(text) as StoredPrincipal;
    return {
      userId: stored.user_id,
      email: stored.email,
      name: stored.name,
      roles: new Set(stored.roles),
      expiresAt: new Date(stored.expires_at),
      sessionId: stored.session_id,
    };
  }

  private keyOf(ticket: string): string {
    return this.redis.keys.ticket(createHash('sha256').update(ticket).digest('base64url'));
  }
}
