import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Revocations are found by time, which is compared with the start of memberships: it must be that of writing the row,
 * not of the start of the transaction, which may have waited for a lock since.
 */
export class OutboxSignals1764600000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX realtime_outbox_disconnections`);
    await queryRunner.query(`
      CREATE INDEX realtime_outbox_signals ON realtime_outbox (created_at) WHERE kind <> 'frame'`);
    await queryRunner.query(`ALTER TABLE realtime_outbox ALTER COLUMN created_at SET DEFAULT clock_timestamp()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE realtime_outbox ALTER COLUMN created_at SET DEFAULT now()`);
    await queryRunner.query(`DROP INDEX realtime_outbox_signals`);
    await queryRunner.query(`
      CREATE INDEX realtime_outbox_disconnections ON realtime_outbox (created_at) WHERE kind = 'disconnection'`);
  }
}
