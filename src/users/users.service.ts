import { Injectable, Logger } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import type { Principal } from '../auth/principal.js';
import { Batches } from '../realtime/support/batches.js';
import { User } from './user.entity.js';

type Described = Pick<Principal, 'userId' | 'email' | 'name' | 'isEmailUnverified'>;

/** A user as stored. */
type Known = Pick<User, 'id' | 'email' | 'name'>;

const EMAIL = 'CASE WHEN $4 THEN NULL ELSE coalesce(excluded.email, known.email) END';
const WRITE = `
  INSERT INTO users AS known (id, email, name, seen_at)
  SELECT id, email, name, now() FROM unnest($1::varchar[], $2::text[], $3::text[]) AS told (id, email, name)
  ON CONFLICT (id) DO UPDATE SET email = ${EMAIL}, name = coalesce(excluded.name, known.name), seen_at = now()
  WHERE known.email IS DISTINCT FROM ${EMAIL} OR known.name IS DISTINCT FROM coalesce(excluded.name, known.name)`;

/** Longer than any address (RFC 5321 section 4.5.3.1). */
const LONGEST_CLAIM = 500;

/** For how many users a process remembers what is already stored. */
const REMEMBERED = 10_000;

/** Stores the e-mail and name of every user who has presented a valid token. */
@Injectable()
export class UsersService {
  private readonly logger = new Logger(UsersService.name);
  /** The last stored description of each user, least recently used first. */
  private readonly written = new Map<string, string>();
  /** Pending writes, apart for tokens whose e-mail is unverified. */
  private readonly unverified = new Batches((all: readonly Known[]) => this.write(all, true));
  private readonly verified = new Batches((all: readonly Known[]) => this.write(all, false));

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
      const writes = isEmailUnverified ? this.unverified : this.verified;
      await writes.answerTo({ id: userId, email: storable(email), name: storable(name) });
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
  private async write(all: readonly Known[], isUnverified: boolean): Promise<null[]> {
    // Each user once, as one statement can't write a row twice; in one order, so that two of them take their locks alike.
    const merged = new Map<string, Known>();
    for (const { id, email, name } of all) {
      const before = merged.get(id);
      merged.set(id, { id, email: email ?? before?.email ?? null, name: name ?? before?.name ?? null });
    }
    const users = [...merged.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    await this.users.query(WRITE, [
      users.map(({ id }) => id),
      users.map(({ email }) => email),
      users.map(({ name }) => name),
      isUnverified,
    ]);
    return all.map(() => null);
  }

  private touch(userId: string, description: string): void {
    this.written.delete(userId);
    this.written.set(userId, description);
    const [oldest] = this.written.keys();
    if (this.written.size > REMEMBERED && oldest !== undefined) this.written.delete(oldest);
  }
}

/** Ignores claims that Postgres can't store: with NUL characters, or too long for the index of e-mails. */
function storable(claim: string | null): string | null {
  return claim === null || claim.includes('\0') || claim.length > LONGEST_CLAIM ? null : claim;
}
