import { Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import type { Principal } from '../auth/principal.js';
import { User } from './user.entity.js';

type Described = Pick<Principal, 'userId' | 'email' | 'name' | 'isEmailUnverified'>;

/** How many users' descriptions a process knows to be written already. */
const REMEMBERED = 10_000;

/** Knows the e-mail and the name of everybody who was ever seen with a valid token. */
@Injectable()
export class UsersService {
  private readonly logger = new Logger(UsersService.name);
  /** What was written last for a user, in the order of use. */
  private readonly written = new Map<string, string>();

  constructor(@InjectRepository(User) private readonly users: Repository<User>) {}

  /**
   * Keeps what a token says about its user. Writes only what this process has not seen before, and never rejects: who
   * somebody is must not decide whether their request succeeds.
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
      this.logger.warn({ err: error }, 'Could not keep the e-mail and name of a user; the next request tries again');
    }
  }

  /** The e-mails of these users by id; null for whoever has none or was never seen. */
  async emailOf(userIds: readonly string[]): Promise<Map<string, string | null>> {
    const found = await this.users.find({ where: { id: In([...userIds]) } });
    const emails = new Map(found.map(({ id, email }) => [id, email]));
    return new Map(userIds.map((id) => [id, emails.get(id) ?? null]));
  }

  /**
   * Not every client's token carries every claim, so one without an e-mail does not erase the one that is known. One that says
   * that its e-mail is not verified does.
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

/** Postgres stores no NUL characters; a claim that has one is no e-mail or name. */
function storable(claim: string | null): string | null {
  return claim?.includes('\0') ? null : claim;
}
