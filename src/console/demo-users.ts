/** A user to try things as, without an identity provider. */
export interface DemoUser {
  readonly user_id: string;
  readonly name: string;
  readonly email: string;
  readonly roles: readonly string[];
  /** Shown next to the name when choosing a user. */
  readonly about: string;
}

/** By role: the first founds the organization, the second is its admin, the third a member. */
export const DEMO_USERS: readonly [DemoUser, DemoUser, DemoUser] = [
  {
    user_id: 'alice',
    name: 'Alice Archer',
    email: 'alice@example.com',
    roles: ['realtime-admin'],
    about: 'Organization owner and system operator',
  },
  {
    user_id: 'bob',
    name: 'Bob Becker',
    email: 'bob@example.com',
    roles: [],
    about: 'Organization admin',
  },
  {
    user_id: 'carol',
    name: 'Carol Chen',
    email: 'carol@example.com',
    roles: [],
    about: 'Organization member',
  },
];
