import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * One index finds the channels with waiting rows, and each channel's rows in order; it replaces three that were written
 * to for each message. Another finds a channel's published rows, to reopen them in steps, and where that stands is stored.
 */
export class OutboxInSteps1764700000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // The tables in the order in which relays lock them, and the strongest locks first: otherwise they could wait for each other.
    await queryRunner.query(`
      ALTER TABLE realtime_broker ADD COLUMN masters text[], ADD COLUMN lost_since timestamptz,
        ADD COLUMN lost_at timestamptz, ADD COLUMN reopened_to text`);
    await queryRunner.query(`DROP INDEX realtime_outbox_unpublished_by_channel`);
    await queryRunner.query(`DROP INDEX realtime_outbox_unpublished`);
    await queryRunner.query(`DROP INDEX realtime_outbox_unpublished_in_order`);
    await queryRunner.query(`
      CREATE INDEX realtime_outbox_waiting ON realtime_outbox (channel, cursor COLLATE "C", sequence)
        WHERE published_at IS NULL`);
    await queryRunner.query(`
      CREATE INDEX realtime_outbox_published_by_channel ON realtime_outbox (channel, published_at)
        WHERE published_at IS NOT NULL`);
    // Empty, but for what is published again.
    await queryRunner.query(`
      CREATE INDEX realtime_outbox_reopened ON realtime_outbox (channel)
        WHERE published_at IS NULL AND cursor IS NOT NULL`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX realtime_outbox_reopened`);
    await queryRunner.query(`DROP INDEX realtime_outbox_published_by_channel`);
    await queryRunner.query(`DROP INDEX realtime_outbox_waiting`);
    await queryRunner.query(`
      ALTER TABLE realtime_broker DROP COLUMN masters, DROP COLUMN lost_since, DROP COLUMN lost_at,
        DROP COLUMN reopened_to`);
    await queryRunner.query(`
      CREATE INDEX realtime_outbox_unpublished_in_order ON realtime_outbox (cursor COLLATE "C", sequence)
        WHERE published_at IS NULL`);
    await queryRunner.query(`
      CREATE INDEX realtime_outbox_unpublished ON realtime_outbox (sequence) WHERE published_at IS NULL`);
    await queryRunner.query(`
      CREATE INDEX realtime_outbox_unpublished_by_channel ON realtime_outbox (channel, sequence)
        WHERE published_at IS NULL`);
  }
}
