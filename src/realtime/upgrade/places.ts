import { Injectable } from '@nestjs/common';
import { RealtimeSettings } from '../settings.js';
import { countedAddress } from '../support/client-address.js';
import { RealtimeMetrics } from '../realtime-metrics.js';
import { type HttpRefusal, REFUSAL } from './http-refusal.js';
import { Quota } from './quota.js';

/**
 * How many clients may be between handshake and welcome. Each needs two queries, from a pool of ten connections: at 20
 * ms a query, 500 clients take 2 s, half their deadline. More would only wait to be refused.
 */
export const MAX_ADMISSIONS = 500;

/** A client's place on this node. Both functions are idempotent. */
export interface Place {
  /** Call when its admission has ended, successfully or not. */
  admitted: () => void;
  /** Call when its connection is closed. */
  leave: () => void;
}

/** Limits this process's connections: in total, per address, and those being admitted. */
@Injectable()
export class Places {
  private readonly all: Quota;
  private readonly perAddress: Quota;
  private readonly admissions = new Quota(MAX_ADMISSIONS);

  constructor(settings: RealtimeSettings, metrics: RealtimeMetrics) {
    this.all = new Quota(settings.limits.maxConnections);
    this.perAddress = new Quota(settings.limits.maxConnectionsPerAddress);
    metrics.gauge('herald_admissions', 'Connections between their handshake and their welcome', () =>
      this.admissions.count(''),
    );
  }

  /** Claims every place that a new connection needs, or none. */
  claim(remoteAddress: string): Place | { refusal: HttpRefusal } {
    const ofAddress = this.perAddress.claim(countedAddress(remoteAddress));
    if (ofAddress === null) return { refusal: REFUSAL.addressLimit };
    const ofNode = this.all.claim('');
    if (ofNode === null) {
      ofAddress();
      return { refusal: REFUSAL.full };
    }
    const leave = (): void => {
      ofAddress();
      ofNode();
    };
    const admitted = this.admissions.claim('');
    if (admitted === null) {
      leave();
      return { refusal: REFUSAL.tooManyAdmissions };
    }
    return { admitted, leave };
  }
}
