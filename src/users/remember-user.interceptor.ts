import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { AuthenticatedRequest } from '../auth/authenticated-request.js';
import { UsersService } from './users.service.js';

/** Stores the caller's e-mail and name on every authenticated request. */
@Injectable()
export class RememberUserInterceptor implements NestInterceptor {
  constructor(private readonly users: UsersService) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    if (context.getType() === 'http') {
      const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
      if (principal !== undefined) await this.users.remember(principal);
    }
    return next.handle();
  }
}
