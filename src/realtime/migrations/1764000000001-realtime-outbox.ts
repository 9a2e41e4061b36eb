import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The outbox. In Herald's own databases an earlier migration has made it already. */
export class RealtimeOutbox1764000000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE IF NOT EXISTS realtime_outbox (
        id uuid PRIMARY KEY,
        sequence bigint GENERATED ALWAYS AS IDENTITY,
        channel text NOT NULL,
        kind text NOT NULL,
        body text NOT NULL,
        idempotency_key text,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        published_at timestamptz(3)
      )`);
    await queryRunner.query(`
      CREATE INDEX IF NOT EXISTS realtime_outbox_unpublished_by_channel ON realtime_outbox (channel, sequence)
        WHERE published_at IS NULL`);
    await queryRunner.query(`
      CREATE INDEX IF NOT EXISTS realtime_outbox_unpublished ON realtime_outbox (sequence)
        WHERE published_at IS NULL`);
    await queryRunner.query(`
      CREATE INDEX IF NOT EXISTS realtime_outbox_published ON realtime_outbox (published_at)
        WHERE published_at IS NOT NULL`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE realtime_outbox`);
  }
}
