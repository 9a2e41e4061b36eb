import { ErrorResponse, type User, UserManager, WebStorageStateStore } from 'oidc-client-ts';
import { readClaims } from './claims.js';
import type { OidcConfig } from './console-config.js';
import { RenewingToken } from './renewing-token.js';
import type { Session } from './session.js';

/** The code flow with PKCE at an identity provider. All state belongs to this tab. */
export class OidcSignIn {
  private readonly manager: UserManager;

  /** @param onEnded called when the provider no longer renews the token */
  constructor(
    { authority, client_id }: OidcConfig,
    private readonly onEnded: () => void,
  ) {
    const redirectUri = new URL('/', location.href).href;
    const store = new WebStorageStateStore({ store: sessionStorage, prefix: 'herald.oidc.' });
    this.manager = new UserManager({
      authority,
      client_id,
      redirect_uri: redirectUri,
      post_logout_redirect_uri: redirectUri,
      scope: 'openid profile email',
      userStore: store,
      stateStore: store,
      // The session renews the token when it is needed.
      automaticSilentRenew: false,
      requestTimeoutInSeconds: 20,
    });
  }

  /** Redirects to the provider, which redirects back here. */
  async begin(): Promise<void> {
    await this.manager.signinRedirect({ state: { hash: location.hash } });
  }

  /** The session of a user who returns from the provider or reloaded the page, if any. */
  async restore(): Promise<Session | null> {
    const isReturn = /[?&](code|error)=/.test(location.search) && location.search.includes('state=');
    const user = isReturn ? await this.complete() : await this.manager.getUser();
    if (user === null || (user.expired === true && user.refresh_token === undefined)) return null;
    return this.sessionOf(user);
  }

  private async complete(): Promise<User> {
    try {
      const user = await this.manager.signinRedirectCallback();
      history.replaceState(null, '', `/${hashOf(user.state)}`);
      return user;
    } catch (error) {
      // A used or refused code must not stay in the address.
      history.replaceState(null, '', '/');
      throw error;
    }
  }

  private sessionOf(user: User): Session {
    const claims = readClaims(user.access_token);
    const token = new RenewingToken(() => this.renew(), user.access_token);
    return {
      ...claims,
      name: user.profile.name ?? claims.name,
      email: user.profile.email ?? claims.email,
      names: new Map(),
      getToken: ({ reason }) => token.get(reason),
      signOut: () => this.leave(),
    };
  }

  private async leave(): Promise<void> {
    const endSession = await this.manager.metadataService.getEndSessionEndpoint();
    // First, so that the library puts no ID token into the address: the provider asks the user to confirm instead.
    await this.manager.removeUser();
    // Not every provider has an end-session endpoint.
    if (endSession !== undefined) await this.manager.signoutRedirect();
  }

  private async renew(): Promise<string> {
    try {
      // Without a refresh token the library would load the provider in an iframe, which the page's CSP forbids.
      const user = await this.manager.getUser();
      const renewed = user?.refresh_token === undefined ? null : await this.manager.signinSilent();
      if (renewed !== null) return renewed.access_token;
    } catch (error) {
      // On other errors the provider is unreachable, and a retry may succeed.
      if (!(error instanceof ErrorResponse)) throw error;
    }
    await this.manager.removeUser();
    this.onEnded();
    throw new Error('Your session has ended. Sign in again.');
  }
}

function hashOf(state: unknown): string {
  if (typeof state !== 'object' || state === null || !('hash' in state)) return '';
  return typeof state.hash === 'string' ? state.hash : '';
}
