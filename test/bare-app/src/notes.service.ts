import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { BroadcastService } from '@herald/realtime';
import { boards } from './boards.js';
import { Note } from './note.entity.js';

@Injectable()
export class NotesService {
  constructor(
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly broadcast: BroadcastService,
  ) {}

  /** Told exactly if the note is stored. */
  async add(board: string, text: string): Promise<Note> {
    return this.dataSource.transaction(async (manager) => {
      const note = await manager.save(Note, { id: randomUUID(), board, text });
      await this.broadcast.publish(boards.of(board), 'note.added', { note_id: note.id, text }, { manager });
      if (text === '') throw new Error('A note takes a text');
      return note;
    });
  }
}
