import type { MigrationInterface, QueryRunner } from 'typeorm';

/** `.` and `..` used to be valid user ids. No request can remove such a member, as its URL resolves to another path. */
export class NoDotMembers1764500000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DELETE FROM memberships WHERE user_id IN ('.', '..')`);
  }

  async down(): Promise<void> {
    // Nobody can have these ids, so there is nothing to restore.
  }
}
