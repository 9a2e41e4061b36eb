import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Environment } from './environment.js';
import { Lifecycle } from '../runtime/lifecycle.js';

/** Provides the process's `Environment` and `Lifecycle` to every module. */
@Global()
@Module({})
export class ConfigModule {
  static forRoot(environment: Environment): DynamicModule {
    return {
      module: ConfigModule,
      providers: [{ provide: Environment, useValue: environment }, Lifecycle],
      exports: [Environment, Lifecycle],
    };
  }
}
