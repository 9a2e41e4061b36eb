import { IsString, IsUUID } from 'class-validator';
import { defineChannel } from '@herald/realtime';

class NoteAdded {
  @IsUUID()
  note_id: string;

  @IsString()
  text: string;
}

/** The live events of a board. */
export const boards = defineChannel('board', { name: (text) => /^[a-z]+$/.test(text) }, { 'note.added': NoteAdded });
