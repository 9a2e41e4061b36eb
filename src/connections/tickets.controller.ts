import { Controller, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal } from '../auth/current-principal.decorator.js';
import type { Principal } from '../auth/principal.js';
import { TICKET_SECONDS, TicketStore } from '../realtime/index.js';

class TicketResponse {
  @ApiProperty({
    example: 'nE1y3Jq0v4ZbX8m2c7R5t9wKfLhAsGdU6pYoIeVuTzk',
    description: 'Opens one connection: `?ticket=…`',
  })
  ticket: string;

  @ApiProperty({ type: 'integer', description: 'Seconds', example: TICKET_SECONDS })
  expires_in: number;
}

/** Issues tickets, for clients that can't set headers and should not put their token in a URL. */
@ApiTags('realtime')
@Controller('realtime/tickets')
export class TicketsController {
  constructor(private readonly tickets: TicketStore) {}

  @Post()
  @ApiOperation({ summary: 'Get a ticket that opens one connection within 30 seconds, on any node' })
  @ApiCreatedResponse({ type: TicketResponse })
  async buy(@CurrentPrincipal() principal: Principal): Promise<TicketResponse> {
    return { ticket: await this.tickets.issue(principal), expires_in: TICKET_SECONDS };
  }
}
