import type { MigrationInterface, QueryRunner } from 'typeorm';

/** `.` and `..` were user ids once. No request can remove such a member: its URL is another one, the organization's. */
export class NoDotMembers1764500000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DELETE FROM memberships WHERE user_id IN ('.', '..')`);
  }

  async down(): Promise<void> {
    // They are nobody's.
  }
}
