import { randomBytes } from 'node:crypto';
import { Controller, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation, ApiProperty, ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal } from '../../auth/current-principal.decorator.js';
import type { Principal } from '../../auth/principal.js';
import { ApiProblems } from '../../http/api-answers.decorator.js';
import { TICKET_SECONDS, TicketStore } from './ticket-store.js';

const TICKET_BYTES = 32;

class TicketResponse {
  @ApiProperty({ description: 'Opens one connection: ?ticket=…' })
  ticket: string;

  @ApiProperty({ description: 'Seconds', example: TICKET_SECONDS })
  expires_in: number;
}

/** Sells tickets: for clients that can set no header and do not want their token in a URL. */
@ApiTags('realtime')
@Controller('realtime/tickets')
export class TicketsController {
  constructor(private readonly tickets: TicketStore) {}

  @Post()
  @ApiOperation({ summary: 'Get a ticket that opens one connection within 30 seconds, on any node' })
  @ApiCreatedResponse({ type: TicketResponse })
  @ApiProblems(503)
  async buy(@CurrentPrincipal() principal: Principal): Promise<TicketResponse> {
    const ticket = randomBytes(TICKET_BYTES).toString('base64url');
    await this.tickets.put(ticket, principal);
    return { ticket, expires_in: TICKET_SECONDS };
  }
}
