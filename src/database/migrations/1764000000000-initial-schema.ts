import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Organizations, their members and resources, users and exports. */
export class InitialSchema1764000000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE organizations (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(`
      CREATE TABLE users (
        id varchar(255) PRIMARY KEY,
        email text,
        name text,
        seen_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
    // No reference to users: people can be added before they first sign in.
    await queryRunner.query(`
      CREATE TABLE memberships (
        org_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
        user_id varchar(255) NOT NULL,
        role text NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
        joined_at timestamptz(3) NOT NULL DEFAULT now(),
        PRIMARY KEY (org_id, user_id)
      )`);
    await queryRunner.query(`CREATE INDEX memberships_by_user ON memberships (user_id, org_id)`);
    await queryRunner.query(`
      CREATE TABLE resources (
        id uuid PRIMARY KEY,
        org_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
        name text NOT NULL,
        sensitivity text NOT NULL CHECK (sensitivity IN ('public', 'normal', 'confidential')),
        description text,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(`CREATE INDEX resources_by_organization ON resources (org_id, id)`);
    await queryRunner.query(`
      CREATE TABLE exports (
        id uuid PRIMARY KEY,
        org_id uuid NOT NULL REFERENCES organizations ON DELETE CASCADE,
        requested_by varchar(255) NOT NULL,
        format text NOT NULL CHECK (format IN ('csv', 'json')),
        status text NOT NULL CHECK (status IN ('queued', 'running', 'completed', 'failed')),
        progress int NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
        error text,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now()
      )`);
    await queryRunner.query(`CREATE INDEX exports_by_organization ON exports (org_id)`);
    await queryRunner.query(`
      CREATE INDEX exports_unfinished ON exports (id)
        WHERE status IN ('queued', 'running')`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE exports, resources, memberships, users, organizations`);
  }
}
