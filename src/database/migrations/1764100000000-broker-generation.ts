import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which life of the broker's data the outbox was published to, and where in it each message is. */
export class BrokerGeneration1764100000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE realtime_broker (
        name text PRIMARY KEY,
        generation text NOT NULL
      )`);
    await queryRunner.query(`ALTER TABLE realtime_outbox ADD COLUMN cursor text`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE realtime_outbox DROP COLUMN cursor`);
    await queryRunner.query(`DROP TABLE realtime_broker`);
  }
}
