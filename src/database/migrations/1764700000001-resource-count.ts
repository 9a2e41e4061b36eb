import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How many resources each organization has. Apart from the next migration, whose count must not lock out readers. */
export class ResourceCount1764700000001 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE organizations ADD COLUMN resource_count int NOT NULL DEFAULT 0`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`ALTER TABLE organizations DROP COLUMN resource_count`);
  }
}
