/** Who a verified token speaks for. After the door only this travels, never the token. */
export interface Principal {
  /** The token's `sub`, as it is: any text that `isUserId` takes. */
  readonly userId: string;
  readonly email: string | null;
  /** The token has an e-mail and says that nobody has checked it: `email` is null, and one that is known counts no more. */
  readonly isEmailUnverified?: boolean;
  readonly name: string | null;
  /** Realm roles (`realm_access.roles`). */
  readonly roles: ReadonlySet<string>;
  /** When the token ends. */
  readonly expiresAt: Date;
  /** The identity provider's session (`sid`), if it names one. */
  readonly sessionId: string | null;
}

/** The realm role that may notify, alert and disconnect anyone. */
export const REALTIME_ADMIN_ROLE = 'realtime-admin';
