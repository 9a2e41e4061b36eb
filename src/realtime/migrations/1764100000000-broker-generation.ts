import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The generation of the broker's data that the outbox was published to, and each message's cursor in it. */
export class BrokerGeneration1764100000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE realtime_broker (
        name text PRIMARY KEY,
        generation text NOT NULL
      )`);
    await queryRunner.query(`ALTER TABLE realtime_outbox ADD COLUMN cursor text`);
    await queryRunner.query(`
      CREATE INDEX realtime_outbox_unpublished_in_order ON realtime_outbox (cursor COLLATE "C", sequence)
        WHERE published_at IS NULL`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE realtime_outbox DROP COLUMN cursor CASCADE`);
    await queryRunner.query(`DROP TABLE realtime_broker`);
  }
}
