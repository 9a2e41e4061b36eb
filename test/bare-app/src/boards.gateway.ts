import { type CanActivate, type ExecutionContext, Injectable, UseGuards } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { type Admission, type Handshake, type RealtimeGateway, userChannel, WsJwtGuard } from '@herald/realtime';
import { boards } from './boards.js';
import { mayRead } from './users.js';

@Injectable()
export class BoardGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { params, principal } = context.switchToWs().getClient<Handshake>();
    return mayRead(principal.userId, params.name ?? '');
  }
}

@UseGuards(WsJwtGuard, BoardGuard)
@WebSocketGateway({ path: '/ws/boards/:name' })
export class BoardsGateway implements RealtimeGateway {
  admit({ params, principal }: Handshake): Admission {
    return { channel: boards.of(params.name ?? ''), alsoReceives: [userChannel.of(principal.userId)] };
  }
}
