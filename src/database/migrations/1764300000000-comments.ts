import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Comments on resources, and an index to find mentioned users by e-mail. */
export class Comments1764300000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE comments (
        id uuid PRIMARY KEY,
        resource_id uuid NOT NULL REFERENCES resources ON DELETE CASCADE,
        author varchar(255) NOT NULL,
        body text NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(`CREATE INDEX comments_by_resource ON comments (resource_id, id)`);
    await queryRunner.query(`CREATE INDEX users_by_email ON users (lower(email))`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP INDEX users_by_email`);
    await queryRunner.query(`DROP TABLE comments`);
  }
}
