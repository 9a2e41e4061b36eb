import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('notes')
export class Note {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  board: string;

  @Column('text')
  text: string;
}
