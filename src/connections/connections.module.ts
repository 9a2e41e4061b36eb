import { Module } from '@nestjs/common';
import { ConnectionsController } from './connections.controller.js';
import { DisconnectController } from './disconnect.controller.js';
import { TicketsController } from './tickets.controller.js';

/** Tickets for connections, and the administration of live ones. */
@Module({ controllers: [TicketsController, ConnectionsController, DisconnectController] })
export class ConnectionsModule {}
