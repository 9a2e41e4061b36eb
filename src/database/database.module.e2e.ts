import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type INestApplicationContext, Injectable, Logger, Module, type OnApplicationShutdown } from '@nestjs/common';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { Test } from '@nestjs/testing';
import { Column, DataSource, Entity, PrimaryColumn, Repository } from 'typeorm';
import { until } from '../realtime/testing.js';
import { freePort, emptyDatabase, startPostgres, type PostgresServer } from '../../test/support/servers.js';
import { ConfigModule } from '../config/config.module.js';
import { Environment } from '../config/environment.js';
import { connect, type PostgresOptions, serverOptions } from './data-source.js';
import { DatabaseModule } from './database.module.js';
import { migrate } from './migrate.js';
import { MIGRATIONS } from './migrations/index.js';
import { isDatabaseUnavailable } from './unavailable.js';

@Entity('organizations')
class Organization {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  name: string;
}

/** Uses the database until the end of the shutdown. */
@Injectable()
class LastWords implements OnApplicationShutdown {
  static counted: number | null = null;

  constructor(@InjectRepository(Organization) private readonly organizations: Repository<Organization>) {}

  async onApplicationShutdown(): Promise<void> {
    LastWords.counted = await this.organizations.count().catch(() => null);
  }
}

@Module({ imports: [TypeOrmModule.forFeature([Organization])], providers: [LastWords] })
class FeatureModule {}

interface OutboxRow {
  sequence: string;
  created_at: Date;
  published_at: Date | null;
}

const ID = '019aa000-0000-7000-8000-000000000001';

async function start(variables: Record<string, string>): Promise<INestApplicationContext> {
  const imports = [ConfigModule.forRoot(new Environment(variables)), DatabaseModule, FeatureModule];
  return (await Test.createTestingModule({ imports }).compile()).init();
}

describe('DatabaseModule', () => {
  let root: string;
  let app: INestApplicationContext | null = null;

  beforeAll(() => {
    Logger.overrideLogger(false);
    root = mkdtempSync(join(tmpdir(), 'herald-database-'));
  });

  afterEach(async () => {
    await app?.close();
    app = null;
  });

  afterAll(() => rmSync(root, { recursive: true }));

  describe.each([
    ['embedded', () => Promise.resolve({ DATA_DIR: join(root, 'embedded') })],
    ['on a server', async () => ({ DATABASE_URL: await emptyDatabase() })],
  ])('%s', (_, choose) => {
    let variables: Record<string, string>;

    beforeAll(async () => {
      variables = await choose();
    });

    it('has the whole schema once it has started', async () => {
      app = await start(variables);
      const rows: { name: string }[] = await app
        .get(DataSource)
        .query(`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`);

      expect(rows.map(({ name }) => name)).toEqual([
        'comments',
        'exports',
        'memberships',
        'migrations',
        'notification_preferences',
        'notifications',
        'organizations',
        'realtime_broker',
        'realtime_outbox',
        'resources',
        'users',
      ]);
    });

    it('keeps what was committed across a restart, and serves until the last feature has closed', async () => {
      app = await start(variables);
      await app.get(DataSource).getRepository(Organization).insert({ id: ID, name: 'Acme' });
      await app.close();
      expect(LastWords.counted).toBe(1);

      app = await start(variables);
      expect(await app.get(DataSource).getRepository(Organization).findOneBy({ id: ID })).toEqual({
        id: ID,
        name: 'Acme',
      });
    });

    it('rolls a failed transaction back', async () => {
      app = await start(variables);
      const { manager } = app.get(DataSource);
      const failed = manager.transaction(async (inner) => {
        await inner.insert(Organization, { id: ID.replace(/1$/, '2'), name: 'Never' });
        throw new Error('no');
      });
      await expect(failed).rejects.toThrow('no');

      expect(await manager.countBy(Organization, { name: 'Never' })).toBe(0);
    });

    it('keeps times to the millisecond, numbers outbox rows in order, and deletes what belongs to a deleted organization', async () => {
      app = await start(variables);
      const dataSource = app.get(DataSource);
      await dataSource.query(`INSERT INTO memberships (org_id, user_id, role) VALUES ($1, 'alice', 'owner')`, [ID]);
      await expect(
        dataSource.query(`INSERT INTO memberships (org_id, user_id, role) VALUES ($1, 'bob', 'king')`, [ID]),
      ).rejects.toMatchObject({ driverError: { code: '23514' } });
      const outbox = `INSERT INTO realtime_outbox (id, channel, kind, body) VALUES (gen_random_uuid(), 'c', 'frame', '{}') RETURNING *`;
      const [first]: OutboxRow[] = await dataSource.query(outbox);
      const [second]: OutboxRow[] = await dataSource.query(outbox);
      await dataSource.getRepository(Organization).delete({ id: ID });

      expect(Number(second?.sequence)).toBeGreaterThan(Number(first?.sequence));
      expect(first?.created_at).toBeInstanceOf(Date);
      expect(first?.published_at).toBeNull();
      expect(await dataSource.query('SELECT * FROM memberships')).toEqual([]);
    });
  });

  it('keeps embedded data when the process is killed', async () => {
    const dataDir = join(root, 'killed');
    app = await start({ DATA_DIR: dataDir });
    await app.close();
    const writer = spawn(process.execPath, ['--input-type=module', '-e', WRITER, join(dataDir, 'postgres')], {
      cwd: process.cwd(),
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(writer.stdout, 'data');
    writer.kill('SIGKILL');
    await once(writer, 'exit');

    app = await start({ DATA_DIR: dataDir });
    expect(await app.get(DataSource).query('SELECT name FROM organizations')).toEqual([{ name: 'committed' }]);
  });

  it('frees the embedded database when the start fails', async () => {
    const dataDir = join(root, 'failing');
    app = await start({ DATA_DIR: dataDir });
    await app.get(DataSource).query(`DELETE FROM migrations`);
    await app.close();
    await expect(start({ DATA_DIR: dataDir })).rejects.toThrow('already exists');

    app = await start({ DATA_DIR: dataDir, RUN_MIGRATIONS: 'false' });
    expect(readdirSync(dataDir).sort()).toEqual(['postgres', 'postgres.lock']);
  });

  it('leaves the schema alone without RUN_MIGRATIONS', async () => {
    app = await start({ DATABASE_URL: await emptyDatabase(), RUN_MIGRATIONS: 'false' });

    await expect(app.get(DataSource).query('SELECT * FROM organizations')).rejects.toThrow('does not exist');
  });
});

/** Commits one row, leaves another uncommitted, and waits for its end. */
const WRITER = `
  import { PGlite } from '@electric-sql/pglite';
  const engine = await PGlite.create(process.argv[1]);
  const insert = (name) => engine.query('INSERT INTO organizations (id, name) VALUES (gen_random_uuid(), $1)', [name]);
  await insert('committed');
  await engine.exec('BEGIN');
  await insert('uncommitted');
  console.log('written');
  setInterval(() => {}, 1000);
`;

function optionsOf(url: string): PostgresOptions {
  return serverOptions({ url, poolSize: 10, statementTimeoutMs: 15_000 });
}

describe('migrate', () => {
  it('runs once when several nodes start together', async () => {
    const options = optionsOf(await emptyDatabase());
    const applied = await Promise.all([1, 2, 3].map(() => migrate(options)));

    expect(applied.flat()).toEqual(MIGRATIONS.map(({ name }) => name));
  });

  it('waits for as long as another process migrates', async () => {
    const url = await emptyDatabase();
    const holder = await connect(optionsOf(url));
    const runner = holder.createQueryRunner();
    await runner.startTransaction();
    await runner.query('SELECT pg_advisory_xact_lock($1)', [0x48524c44]);
    let isOver = false;
    const migrating = migrate(optionsOf(url)).finally(() => (isOver = true));
    const asks = `SELECT query_start AS at FROM pg_stat_activity WHERE query LIKE '%ROLLBACK%' AND datname = current_database()`;
    const times = new Set<number>();
    // It asks again and again.
    await until(async () => {
      for (const { at } of await holder.query<{ at: Date }[]>(asks)) times.add(at.getTime());
      return times.size > 2;
    });
    expect(isOver).toBe(false);
    await runner.rollbackTransaction();
    expect(await migrating).toHaveLength(MIGRATIONS.length);
    await holder.destroy();
  });

  it('keeps what was applied before a failure, and applies the rest the next time', async () => {
    const url = await emptyDatabase();
    const dataSource = await connect(optionsOf(url));
    // In the way of a later migration.
    await dataSource.query('CREATE TABLE notifications (id int)');
    await expect(migrate(optionsOf(url))).rejects.toThrow('already exists');
    await dataSource.query('DROP TABLE notifications');
    expect((await migrate(optionsOf(url))).length).toBeLessThan(MIGRATIONS.length);
    expect(await dataSource.query('SELECT name FROM migrations')).toHaveLength(MIGRATIONS.length);
    await dataSource.destroy();
  });
});

describe('connect', () => {
  let server: PostgresServer;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    server = await startPostgres();
  });

  afterAll(() => server.stop());

  it('waits for a server that is not up yet', async () => {
    await server.kill();
    const connecting = connect(optionsOf(server.url), 20_000);
    await server.start();
    const dataSource = await connecting;

    expect(await dataSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await dataSource.destroy();
  });

  it.each(['postgres', 'postgresql'])('takes a %s URL whose query alone names the host', async (scheme) => {
    const url = `${scheme}://postgres:secret@/postgres?host=${server.host}&port=${server.port}`;
    const { database } = new Environment({ DATABASE_URL: url });
    expect(database).not.toBeNull();
    const dataSource = await connect(optionsOf(database?.url ?? ''));
    expect(await dataSource.query('SELECT current_database() AS name')).toEqual([{ name: 'postgres' }]);
    await dataSource.destroy();
  });

  it('gives up at the deadline', async () => {
    const options = optionsOf(`postgres://postgres@127.0.0.1:${await freePort()}/postgres`);
    await expect(connect(options, 300)).rejects.toThrow('ECONNREFUSED');
  });

  it('does not wait if waiting would not help', async () => {
    const url = server.url.replace(/[^/]*$/, 'no_such_database');
    await expect(connect(optionsOf(url), 20_000)).rejects.toThrow('does not exist');
  });

  it('survives the loss of the server in the middle of a transaction, and works again when it is back', async () => {
    const dataSource = await connect(optionsOf(server.url));
    const queryRunner = dataSource.createQueryRunner();
    await queryRunner.startTransaction();
    await queryRunner.query('SELECT 1');
    await server.kill();
    const errors = [
      await queryRunner.query('SELECT 1').catch((error: unknown) => error),
      await queryRunner.rollbackTransaction().catch((error: unknown) => error),
      await dataSource.query('SELECT 1').catch((error: unknown) => error),
    ];
    await queryRunner.release();
    await server.start();

    expect(errors.map(isDatabaseUnavailable)).toEqual([true, true, true]);
    expect(await dataSource.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await dataSource.destroy();
  });
});
