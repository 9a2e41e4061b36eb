import { Controller, Delete, Get, HttpCode, NotFoundException, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { REALTIME_ADMIN_ROLE } from '../auth/principal.js';
import { Roles } from '../auth/roles.decorator.js';
import { ApiPageResponse } from '../http/api-answers.decorator.js';
import { type Page, pageOf, uuidCursor } from '../http/pagination.js';
import { UuidParam } from '../http/path-ids.decorator.js';
import { BroadcastService } from '../realtime/index.js';
import { ConnectionRegistry } from '../realtime/index.js';
import { ConnectionDto, ConnectionsQuery } from './connection.dto.js';

/** Lists the live connections of all nodes, and closes single ones. */
@ApiTags('realtime')
@Roles(REALTIME_ADMIN_ROLE)
@Controller('realtime/connections')
export class ConnectionsController {
  constructor(
    private readonly connections: ConnectionRegistry,
    private readonly broadcast: BroadcastService,
  ) {}

  @Get()
  @ApiOperation({ summary: `The live connections of all nodes, oldest first (realm role ${REALTIME_ADMIN_ROLE})` })
  @ApiPageResponse(ConnectionDto)
  async list(@Query() { user_id, org_id, limit, cursor }: ConnectionsQuery): Promise<Page<ConnectionDto>> {
    const filter = { userId: user_id ?? null, orgId: org_id ?? null };
    const records = await this.connections.list(filter, uuidCursor(cursor), limit + 1);
    return pageOf(records, limit, ({ connection_id }) => connection_id);
  }

  @Delete(':connection_id')
  @HttpCode(204)
  @ApiOperation({
    summary: `Close a connection, on any node, with 4001 (realm role ${REALTIME_ADMIN_ROLE})`,
  })
  @ApiNoContentResponse()
  async close(
    @UuidParam('connection_id', 'The `connection_id` from `connection.established`') connectionId: string,
  ): Promise<void> {
    if (!(await this.connections.has(connectionId))) throw new NotFoundException('There is no such connection.');
    await this.broadcast.disconnectConnection(connectionId);
  }
}
