import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Counts each organization's resources as they come and go, whoever writes them: the quota need not count all of them. */
export class ResourceCounting1764700000002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    // Before resources, as the application does: the other way round they could wait for each other.
    await queryRunner.query(`LOCK TABLE organizations IN EXCLUSIVE MODE`);
    await queryRunner.query(`
      CREATE FUNCTION count_resources() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        UPDATE organizations SET resource_count = resource_count + change.difference
        FROM (
          SELECT org_id, (CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END * count(*))::int AS difference
          FROM changed_resources GROUP BY org_id
        ) change
        WHERE organizations.id = change.org_id;
        RETURN NULL;
      END $$`);
    // Waits for running transactions, and keeps new ones out until the counts are right.
    await queryRunner.query(`
      CREATE TRIGGER resources_added AFTER INSERT ON resources REFERENCING NEW TABLE AS changed_resources
        FOR EACH STATEMENT EXECUTE FUNCTION count_resources()`);
    await queryRunner.query(`
      CREATE TRIGGER resources_removed AFTER DELETE ON resources REFERENCING OLD TABLE AS changed_resources
        FOR EACH STATEMENT EXECUTE FUNCTION count_resources()`);
    await queryRunner.query(`
      UPDATE organizations SET resource_count = counted.count
      FROM (SELECT org_id, count(*)::int AS count FROM resources GROUP BY org_id) counted
      WHERE organizations.id = counted.org_id`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TRIGGER resources_removed ON resources`);
    await queryRunner.query(`DROP TRIGGER resources_added ON resources`);
    await queryRunner.query(`DROP FUNCTION count_resources`);
  }
}
