import { Controller, HttpCode, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { REALTIME_ADMIN_ROLE } from '../auth/principal.js';
import { Roles } from '../auth/roles.decorator.js';
import { UserIdParam } from '../http/path-ids.decorator.js';
import { BroadcastService } from '../realtime/index.js';

/** Closes all connections of a user. */
@ApiTags('realtime')
@Roles(REALTIME_ADMIN_ROLE)
@Controller('realtime/users/:user_id/disconnect')
export class DisconnectController {
  constructor(private readonly broadcast: BroadcastService) {}

  @Post()
  @HttpCode(204)
  @ApiOperation({
    summary: `Close all connections of a user, on every node, with 4001 (realm role ${REALTIME_ADMIN_ROLE})`,
  })
  @ApiNoContentResponse({ description: 'Any connections are closed' })
  async disconnectUser(@UserIdParam('user_id', 'The user whose connections to close') userId: string): Promise<void> {
    await this.broadcast.disconnectUser(userId);
  }
}
