import { beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Repository } from 'typeorm';
import type { Principal } from '../auth/principal.js';
import type { User } from './user.entity.js';
import { UsersService } from './users.service.js';

const query = jest.fn<Repository<User>['query']>();
let users: UsersService;

beforeEach(() => {
  jest.restoreAllMocks();
  query.mockReset().mockResolvedValue([]);
  // The only method that the service writes with.
  users = new UsersService({ query } as unknown as Repository<User>);
});

function principal(userId: string, email: string | null = null, name: string | null = null): Principal {
  return { userId, email, name, roles: new Set(), expiresAt: new Date(), sessionId: null };
}

describe('UsersService.remember', () => {
  it('writes only what is new', async () => {
    await users.remember(principal('alice', 'alice@example.com'));
    await users.remember(principal('alice', 'alice@example.com'));
    await users.remember(principal('bob'));
    await users.remember(principal('alice', 'alice@example.org'));
    expect(query.mock.calls.map(([, parameters]) => parameters)).toEqual([
      [['alice'], ['alice@example.com'], [null], false],
      [['bob'], [null], [null], false],
      [['alice'], ['alice@example.org'], [null], false],
    ]);
  });

  it('writes many users at once, each with what was told last', async () => {
    const first = ['1', '2', '3', '4'].map((id) => principal(id));
    const told = [...first, principal('b'), principal('a', 'a@example.com'), principal('a', 'a@example.org')];
    await Promise.all(told.map((each) => users.remember(each)));
    expect(query.mock.calls.map(([, parameters]) => parameters)).toEqual([
      ...first.map(({ userId }) => [[userId], [null], [null], false]),
      [['a', 'b'], ['a@example.org', null], [null, null], false],
    ]);
  });

  it('neither rejects nor remembers a write that fails', async () => {
    jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    query.mockRejectedValueOnce(new Error('connection lost'));
    await users.remember(principal('alice'));
    await users.remember(principal('alice'));
    expect(query).toHaveBeenCalledTimes(2);
  });

  it('forgets the least recently seen users when it knows too many', async () => {
    await users.remember(principal('first'));
    await users.remember(principal('second'));
    for (let number = 0; number < 9_998; number++) await users.remember(principal(`user ${number}`));
    await users.remember(principal('first'));
    await users.remember(principal('one more'));
    query.mockClear();
    await users.remember(principal('first'));
    expect(query).not.toHaveBeenCalled();
    await users.remember(principal('second'));
    expect(query).toHaveBeenCalledTimes(1);
  });

  it('does not store claims that Postgres can’t hold', async () => {
    await users.remember(principal('alice', 'a\0b', 'Alice'));
    expect(query.mock.calls[0]?.[1]).toEqual([['alice'], [null], ['Alice'], false]);
  });
});
