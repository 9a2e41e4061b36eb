import { Injectable, Logger, ServiceUnavailableException } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { HealthCheckResult, HealthIndicatorFunction, HealthIndicatorResult } from '@nestjs/terminus';
import { HealthCheckService, HealthIndicatorService, TypeOrmHealthIndicator } from '@nestjs/terminus';
import { DataSource } from 'typeorm';
import { TokenVerifier } from '../auth/token-verifier.js';
import { Environment } from '../config/environment.js';
import { Lifecycle } from '../realtime/support/lifecycle.js';
import { type SchemaDifference, schemaDifference } from '../database/index.js';
import { Broker } from '../realtime/index.js';

/** Whether this process can serve, and the state of each dependency. */
export interface ReadinessReport {
  status: 'ok' | 'degraded' | 'error' | 'draining';
  dependencies: Record<string, 'up' | 'down'>;
  /** Only if this process does not apply migrations itself. */
  missing_migrations?: string[];
  /** The same; a newer version has applied them. */
  unknown_migrations?: string[];
}

/** A dependency that does not answer within this time counts as down. */
const DEADLINE_MS = 1_500;

/** Decides whether traffic should be sent to this process. */
@Injectable()
export class Readiness {
  private readonly logger = new Logger(Readiness.name);
  private last: ReadinessReport['status'] = 'ok';
  /** Null while unknown. */
  private schema: SchemaDifference | null = null;

  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: TypeOrmHealthIndicator,
    @InjectDataSource() private readonly dataSource: DataSource,
    private readonly broker: Broker,
    private readonly verifier: TokenVerifier,
    private readonly lifecycle: Lifecycle,
    private readonly environment: Environment,
  ) {}

  async report(): Promise<ReadinessReport> {
    this.lifecycle.noteWatcher();
    const report = this.lifecycle.isDraining ? { status: 'draining' as const, dependencies: {} } : await this.check();
    this.logChange(report);
    return report;
  }

  private async check(): Promise<ReadinessReport> {
    const { status, details } = await this.ask([
      async () => this.database.pingCheck('database', { connection: this.dataSource, timeout: DEADLINE_MS }),
      () => this.checkKeys(),
      ...(this.environment.runMigrations ? [] : [async () => this.checkSchema()]),
      ...(this.environment.redis === null ? [] : [() => this.checkRedis()]),
    ]);
    const states = Object.entries(details).map(([name, detail]) => [name, detail.status === 'up' ? 'up' : 'down']);
    return {
      status: status === 'ok' || status === 'degraded' ? status : 'error',
      dependencies: Object.fromEntries(states) as ReadinessReport['dependencies'],
      ...(this.schema?.missing.length && { missing_migrations: this.schema.missing }),
      ...(this.schema?.unknown.length && { unknown_migrations: this.schema.unknown }),
    };
  }

  /** Down only until keys have been fetched once: known keys keep working without their source. */
  private checkKeys(): HealthIndicatorResult {
    const keys = this.indicators.check('keys');
    return this.verifier.isReady() ? keys.up() : keys.down();
  }

  /**
   * Another process applies the migrations. Once the schema was the right one, it stays so: while a newer version is
   * rolled out, its migrations must not take the running nodes out of service.
   */
  private checkSchema() {
    const schema = this.indicators.check('schema');
    if (this.schema !== null && isRight(this.schema)) return schema.up();
    this.schema = null;
    const ask = async (): Promise<void> => {
      this.schema = await schemaDifference(this.dataSource);
      if (!isRight(this.schema)) throw new Error('The schema is of another version');
    };
    return schema.attempt(ask).withTimeout(DEADLINE_MS);
  }

  /** Only degraded: all nodes share Redis, and taking all of them out of service would help nobody. */
  private checkRedis(): HealthIndicatorResult {
    const redis = this.indicators.check('redis');
    return this.broker.isConnected() ? redis.up() : redis.degraded();
  }

  private async ask(indicators: HealthIndicatorFunction[]): Promise<HealthCheckResult> {
    try {
      return await this.health.check(indicators);
    } catch (error) {
      // Terminus throws its report if a check fails.
      if (error instanceof ServiceUnavailableException) return error.getResponse() as HealthCheckResult;
      throw error;
    }
  }

  private logChange({ status, dependencies, missing_migrations, unknown_migrations }: ReadinessReport): void {
    if (status === this.last) return;
    this.last = status;
    const down = Object.keys(dependencies).filter((name) => dependencies[name] === 'down');
    const because = down.length === 0 ? '' : `, down: ${down.join(', ')}`;
    const missing = missing_migrations === undefined ? '' : `; missing migrations: ${missing_migrations.join(', ')}`;
    const unknown = unknown_migrations === undefined ? '' : `; unknown migrations: ${unknown_migrations.join(', ')}`;
    this.logger[status === 'error' ? 'warn' : 'log'](`Readiness is now ${status}${because}${missing}${unknown}`);
  }
}

function isRight({ missing, unknown }: SchemaDifference): boolean {
  return missing.length === 0 && unknown.length === 0;
}
