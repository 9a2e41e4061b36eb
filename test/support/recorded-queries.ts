import type { DataSource, Logger } from 'typeorm';

/** The queries that TypeORM sends to a database, from now on. */
export class RecordedQueries {
  readonly all: string[] = [];
  private readonly logger: Logger;

  constructor(private readonly dataSource: DataSource) {
    this.logger = dataSource.logger;
    const ignore = (): void => undefined;
    dataSource.logger = {
      logQuery: (query) => this.all.push(query.trim()),
      logQueryError: ignore,
      logQuerySlow: ignore,
      logSchemaBuild: ignore,
      logMigration: ignore,
      log: ignore,
    };
  }

  stop(): void {
    this.dataSource.logger = this.logger;
  }
}
