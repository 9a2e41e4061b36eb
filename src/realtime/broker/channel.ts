import { validate as isUuid } from 'uuid';
import { isUserId, USER_ID_RULE } from '../../auth/user-id.js';

/**
 * The address of a stream of messages: one user's notifications, or one organization's events.
 *
 * Only this class builds channel names, and it maps different ids to different names.
 */
export class Channel {
  private constructor(
    readonly kind: 'user' | 'org',
    /** The user's id as in the token, or the organization's UUID in lower case. */
    readonly id: string,
    /** Safe in Redis keys and hash tags: no braces, spaces or further colons. */
    readonly name: string,
  ) {}

  /** @throws {TypeError} if it is not a valid user id */
  static ofUser(userId: string): Channel {
    if (!isUserId(userId)) throw new TypeError(`user id: takes ${USER_ID_RULE}`);
    return new Channel('user', userId, `user:${encodeURIComponent(userId)}`);
  }

  /** @throws {TypeError} if the id is not a UUID */
  static ofOrganization(orgId: string): Channel {
    if (!isUuid(orgId)) throw new TypeError('organization id: takes a UUID');
    const id = orgId.toLowerCase();
    return new Channel('org', id, `org:${id}`);
  }

  /**
   * Parses a channel's name, as stored in the outbox.
   * @throws {TypeError} if no channel has that name
   */
  static parse(name: string): Channel {
    const separator = name.indexOf(':');
    const kind = name.slice(0, separator);
    const id = name.slice(separator + 1);
    if (kind === 'user') return Channel.ofUser(decodeURIComponent(id));
    if (kind === 'org') return Channel.ofOrganization(id);
    throw new TypeError(`channel name: takes user:<id> or org:<uuid>, got ${JSON.stringify(name.slice(0, 100))}`);
  }
}
