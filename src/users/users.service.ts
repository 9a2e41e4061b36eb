import { Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import type { Principal } from '../auth/principal.js';
import { User } from './user.entity.js';

type Described = Pick<Principal, 'userId' | 'email' | 'name' | 'isEmailUnverified'>;

/** For how many users a process remembers what is already stored. */
const REMEMBERED = 10_000;

/** Stores the e-mail and name of every user who has presented a valid token. */
@Injectable()
export class UsersService {
  private readonly logger = new Logger(UsersService.name);
  /** The last stored description of each user, least recently used first. */
  private readonly written = new Map<string, string>();

  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  /**
   * Stores what a token says about its user, unless this process has already done so. Never rejects, as a failure here must not fail
   * the request.
   */
  async remember({ userId, email, name, isEmailUnverified = false }: Described): Promise<void> {
    const description = JSON.stringify([email, name, isEmailUnverified]);
    const isWritten = this.written.get(userId) === description;
    this.touch(userId, description);
    if (isWritten) return;
    try {
      await this.write(userId, storable(email), storable(name), isEmailUnverified);
    } catch (error) {
      this.written.delete(userId);
      this.logger.warn({ err: error }, 'Could not store the e-mail and name of a user; their next request retries');
    }
  }

  /** The e-mails of these users by id; null for users without one and unknown users. */
  async emailOf(userIds: readonly string[]): Promise<Map<string, string | null>> {
    const found = await this.users.find({ where: { id: In([...userIds]) } });
    const emails = new Map(found.map(({ id, email }) => [id, email]));
    return new Map(userIds.map((id) => [id, emails.get(id) ?? null]));
  }

  /**
   * Not every client's tokens have every claim, so a token without an e-mail keeps the stored one. A token that says that its e-mail
   * is not verified erases it.
   */
  private async write(id: string, email: string | null, name: string | null, isUnverified: boolean): Promise<void> {
    await this.users.query(
      `INSERT INTO users AS known (id, email, name, seen_at) VALUES ($1, $2, $3, now())
       ON CONFLICT (id) DO UPDATE
       SET email = CASE WHEN $4 THEN NULL ELSE coalesce(excluded.email, known.email) END,
           name = coalesce(excluded.name, known.name), seen_at = now()
       WHERE known.email IS DISTINCT FROM CASE WHEN $4 THEN NULL ELSE coalesce(excluded.email, known.email) END
          OR known.name IS DISTINCT FROM coalesce(excluded.name, known.name)`,
      [id, email, name, isUnverified],
    );
  }

  private touch(userId: string, description: string): void {
    this.written.delete(userId);
    this.written.set(userId, description);
    const [oldest] = this.written.keys();
    if (this.written.size > REMEMBERED && oldest !== undefined) this.written.delete(oldest);
  }
}

/** Ignores claims with NUL characters, which Postgres can't store. */
function storable(claim: string | null): string | null {
  return claim?.includes('\0') ? null : claim;
}
