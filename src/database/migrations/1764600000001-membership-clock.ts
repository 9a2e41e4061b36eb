import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The start of a membership is compared with revocations: it is when the row was written, not when the transaction began. */
export class MembershipClock1764600000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE memberships ALTER COLUMN joined_at SET DEFAULT clock_timestamp()`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE memberships ALTER COLUMN joined_at SET DEFAULT now()`);
  }
}
