import { AsyncLocalStorage } from 'node:async_hooks';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { setTimeout as wait } from 'node:timers/promises';
import { concatMap, Observable } from 'rxjs';
import { validate as isUuid } from 'uuid';
import type { IncomingMessage } from 'node:http';
import { RealtimeSettings } from '../settings.js';
import { echoKey } from '../connection/echo-key.js';

/** How long an answer waits for the call's messages to be published. */
const PATIENCE_MS = 100;

/** The state of one HTTP call. */
interface CallState {
  /** The echo key of the connection that the request names; null if it names none. */
  echoKey: string | null;
  /** Each resolves when messages committed by the call are published. */
  publications: Promise<void>[];
}

/**
 * Wraps each HTTP call. The connection named by the request doesn't receive the call's own events. The answer waits
 * until the messages committed by the call are published, so that they come before those of later requests, on any
 * node.
 */
@Injectable()
export class Call implements NestInterceptor {
  private readonly states = new AsyncLocalStorage<CallState>();

  constructor(private readonly settings: RealtimeSettings) {}

  /** The echo key of the connection that the current call names; null if it names none. */
  get origin(): string | null {
    return this.states.getStore()?.echoKey ?? null;
  }

  /** Makes the current call's answer wait briefly for a publication. */
  awaits(publication: Promise<void>): void {
    this.states.getStore()?.publications.push(publication);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const request = context.switchToHttp().getRequest<IncomingMessage>();
    const state: CallState = { echoKey: this.originOf(request), publications: [] };
    const answer = new Observable((subscriber) => this.states.run(state, () => next.handle().subscribe(subscriber)));
    return answer.pipe(
      concatMap(async (value) => {
        if (state.publications.length > 0) await published(state.publications);
        return value;
      }),
    );
  }

  /** Includes the caller's user id, so that nobody can keep messages from other users' connections. */
  private originOf(request: IncomingMessage): string | null {
    const connectionId = request.headers['x-connection-id'];
    if (typeof connectionId !== 'string' || !isUuid(connectionId)) return null;
    const userId = this.settings.userIdOf(request);
    return userId === null ? null : echoKey(connectionId.toLowerCase(), userId);
  }
}

async function published(publications: readonly Promise<void>[]): Promise<void> {
  const isOver = new AbortController();
  const patience = wait(PATIENCE_MS, undefined, { signal: isOver.signal }).catch(() => undefined);
  await Promise.race([Promise.all(publications), patience]);
  isOver.abort();
}
