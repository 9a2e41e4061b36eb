import { Controller, HttpCode, NotFoundException, Param, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { REALTIME_ADMIN_ROLE } from '../../auth/principal.js';
import { Roles } from '../../auth/roles.decorator.js';
import { isUserId } from '../../auth/user-id.js';
import { ApiProblems } from '../../http/api-answers.decorator.js';
import { BroadcastService } from '../broadcast/broadcast.service.js';

/** Ends all connections of a user. */
@ApiTags('realtime')
@ApiBearerAuth()
@Roles(REALTIME_ADMIN_ROLE)
@Controller('realtime/users/:user_id/disconnect')
export class DisconnectController {
  constructor(private readonly broadcast: BroadcastService) {}

  @Post()
  @HttpCode(204)
  @ApiOperation({
    summary: `Close all connections of a user, on every node, with 4001 (realm role ${REALTIME_ADMIN_ROLE})`,
  })
  @ApiNoContentResponse({ description: 'They are closed, if there are any' })
  @ApiProblems(403, 404, 503)
  async disconnect(@Param('user_id') userId: string): Promise<void> {
    if (!isUserId(userId)) throw new NotFoundException('There is no such user.');
    await this.broadcast.disconnectUser(userId);
  }
}
