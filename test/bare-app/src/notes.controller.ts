import { Body, Controller, Get, Post, Req } from '@nestjs/common';
import { BroadcastService, TicketStore } from '@herald/realtime';
import { NotesService } from './notes.service.js';
import { sessions } from './users.js';

@Controller()
export class NotesController {
  constructor(
    private readonly notes: NotesService,
    private readonly broadcast: BroadcastService,
    private readonly tickets: TicketStore,
  ) {}

  /** Public, as routes of this application are unless it says otherwise. */
  @Get('hello')
  hello(): string {
    return 'hello';
  }

  @Post('notes')
  add(@Body() { board, text }: { board: string; text: string }): Promise<unknown> {
    return this.notes.add(board, text);
  }

  @Post('greetings')
  async greet(@Body() { user }: { user: string }): Promise<unknown> {
    return this.broadcast.broadcastNotification(user, { title: 'Hello' });
  }

  @Post('tickets')
  async ticket(@Req() { headers }: { headers: Record<string, string> }): Promise<{ ticket: string }> {
    const user = await sessions.verify(headers.authorization ?? '');
    if ('refused' in user) throw new Error(user.refused);
    const principal = { email: null, name: null, roles: new Set<string>(), sessionId: null, ...user };
    return { ticket: await this.tickets.issue(principal) };
  }
}
