import { AsyncLocalStorage } from 'node:async_hooks';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { Observable } from 'rxjs';
import { validate as isUuid } from 'uuid';
import type { AuthenticatedRequest } from '../../auth/authenticated-request.js';
import { echoKey } from '../connection/echo-key.js';

/** Which connection the call at hand has come from, by its own word: what it causes is not told to that one. */
@Injectable()
export class CallOrigin implements NestInterceptor {
  private readonly keys = new AsyncLocalStorage<string>();

  /** The echo key of that connection; null if the call names none. */
  get current(): string | null {
    return this.keys.getStore() ?? null;
  }

  /** Reads `X-Connection-Id`. It is bound to the caller, so that nobody can keep anything from others. */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const { principal, headers } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const connectionId = headers['x-connection-id'];
    if (principal === undefined || typeof connectionId !== 'string' || !isUuid(connectionId)) return next.handle();
    const key = echoKey(connectionId.toLowerCase(), principal.userId);
    return new Observable((subscriber) => this.keys.run(key, () => next.handle().subscribe(subscriber)));
  }
}
