import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every node polls the latest disconnections, and must not scan the whole outbox for them. */
export class OutboxDisconnections1764400000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE INDEX realtime_outbox_disconnections ON realtime_outbox (created_at) WHERE kind = 'disconnection'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX realtime_outbox_disconnections`);
  }
}
