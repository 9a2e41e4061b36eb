import type { IncomingMessage } from 'node:http';
import { Injectable } from '@nestjs/common';
import { RealtimeSettings } from '../settings.js';
import { clientAddress } from '../support/client-address.js';
import { Lifecycle } from '../support/lifecycle.js';
import { isOriginAllowed } from '../support/origin.js';
import { type HttpRefusal, REFUSAL } from './http-refusal.js';
import { Overload } from './overload.js';
import { type Place, Places } from './places.js';

const MAX_SHOWN_LENGTH = 200;

/** What every connection passes before its credential is looked at, whatever its transport. */
@Injectable()
export class Entrance {
  constructor(
    private readonly settings: RealtimeSettings,
    private readonly lifecycle: Lifecycle,
    private readonly places: Places,
    private readonly overload: Overload,
  ) {}

  /** Claims a place for a connection; the caller gives it back. */
  enter(remoteAddress: string): Place | { refusal: HttpRefusal } {
    const refusal = this.unwillingness();
    return refusal === null ? this.places.claim(remoteAddress) : { refusal };
  }

  remoteAddress(request: IncomingMessage): string {
    return clientAddress(request, this.settings.trustProxy);
  }

  /** Why pages of this origin may not connect, or null. */
  foreignOrigin({ headersDistinct }: IncomingMessage): HttpRefusal | null {
    const origins = headersDistinct.origin ?? [];
    const areAllowed = origins.every((origin) => isOriginAllowed(origin, this.settings.allowedOrigins));
    if (origins.length <= 1 && areAllowed) return null;
    const shown = origins.length === 1 ? shownOrigin(origins[0] ?? '') : null;
    if (shown === null) return REFUSAL.origin;
    return { ...REFUSAL.origin, why: `allowedOrigins (ALLOWED_ORIGINS) doesn't have ${shown}` };
  }

  private unwillingness(): HttpRefusal | null {
    if (this.lifecycle.isDraining) return REFUSAL.draining;
    return this.overload.isOverloaded ? REFUSAL.overloaded : null;
  }
}

/** Null unless it is an origin that a browser could send: the log must not repeat arbitrary client input. */
function shownOrigin(origin: string): string | null {
  return origin.length <= MAX_SHOWN_LENGTH && URL.parse(origin)?.origin === origin ? origin : null;
}
