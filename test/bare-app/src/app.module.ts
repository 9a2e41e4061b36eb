import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RealtimeModule, type RedisOptions, type TokenVerifier } from '@herald/realtime';
import { REALTIME_ENTITIES, REALTIME_MIGRATIONS } from '@herald/realtime/typeorm';
import { BoardGuard, BoardsGateway } from './boards.gateway.js';
import { Note } from './note.entity.js';
import { NotesController } from './notes.controller.js';
import { NotesService } from './notes.service.js';

interface Options {
  databaseUrl: string;
  /** Null: one process. */
  redis: RedisOptions | null;
  tokenVerifier: TokenVerifier;
}

@Module({})
export class AppModule {
  static forRoot({ databaseUrl, redis, tokenVerifier }: Options): DynamicModule {
    return {
      module: AppModule,
      imports: [
        TypeOrmModule.forRoot({
          type: 'postgres',
          url: databaseUrl,
          entities: [Note, ...REALTIME_ENTITIES],
          migrations: REALTIME_MIGRATIONS,
          migrationsRun: true,
          migrationsTransactionMode: 'each',
        }),
        RealtimeModule.forRoot({ tokenVerifier, redis, allowedOrigins: ['https://notes.example.com'] }),
      ],
      controllers: [NotesController],
      providers: [NotesService, BoardGuard, BoardsGateway],
    };
  }
}
