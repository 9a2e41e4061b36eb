import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A message may skip the connection whose request caused it. */
export class OutboxExcept1764250000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE realtime_outbox ADD COLUMN "except" text NULL`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE realtime_outbox DROP COLUMN "except"`);
  }
}
