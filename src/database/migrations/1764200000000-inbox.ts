import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Users' notifications, and the types they have muted. */
export class Inbox1764200000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE notifications (
        id uuid PRIMARY KEY,
        user_id varchar(255) NOT NULL,
        content text NOT NULL,
        dedupe_key text,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        read_at timestamptz(3)
      )`);
    await queryRunner.query(`CREATE INDEX notifications_of_user ON notifications (user_id, id)`);
    await queryRunner.query(`CREATE INDEX notifications_unread ON notifications (user_id, id) WHERE read_at IS NULL`);
    await queryRunner.query(`CREATE UNIQUE INDEX notifications_dedupe ON notifications (user_id, dedupe_key)`);
    await queryRunner.query(`CREATE INDEX notifications_by_age ON notifications (created_at)`);
    await queryRunner.query(`
      CREATE TABLE notification_preferences (
        user_id varchar(255) PRIMARY KEY,
        muted text[] NOT NULL
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE notification_preferences, notifications`);
  }
}
