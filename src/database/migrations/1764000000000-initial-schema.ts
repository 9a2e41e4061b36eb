import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Organizations, their members and resources, users, exports, and the outbox of the realtime engine. */
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
      CREATE TABLE realtime_outbox (
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
      CREATE INDEX realtime_outbox_unpublished_by_channel ON realtime_outbox (channel, sequence)
        WHERE published_at IS NULL`);
    await queryRunner.query(`
      CREATE INDEX realtime_outbox_unpublished ON realtime_outbox (sequence)
        WHERE published_at IS NULL`);
    await queryRunner.query(`
      CREATE INDEX realtime_outbox_published ON realtime_outbox (published_at)
        WHERE published_at IS NOT NULL`);
    await queryRunner.query(`
      CREATE INDEX exports_unfinished ON exports (id)
        WHERE status IN ('queued', 'running')`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE realtime_outbox, exports, resources, memberships, users, organizations`);
  }
}
