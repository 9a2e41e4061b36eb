import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which life of the broker's data the outbox was published to. */
export class BrokerGeneration1764100000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE realtime_broker (
        name text PRIMARY KEY,
        generation text NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE realtime_broker`);
  }
}
