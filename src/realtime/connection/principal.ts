/** The user of a verified token. Past authentication, only this is passed on, never the token. */
export interface Principal {
  /** The token's `sub`, unchanged: any text that `isUserId` accepts. */
  readonly userId: string;
  readonly email: string | null;
  /** The token says that its e-mail is unverified: `email` is null, and a stored one no longer counts. */
  readonly isEmailUnverified?: boolean;
  readonly name: string | null;
  /** As the token names them. */
  readonly roles: ReadonlySet<string>;
  /** When the token expires. */
  readonly expiresAt: Date;
  /** The identity provider's session (`sid`), if it names one. */
  readonly sessionId: string | null;
}
