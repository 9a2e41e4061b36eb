import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Environment } from './environment.js';
import { Lifecycle } from '../runtime/lifecycle.js';

/** Gives every module the `Environment` the process was started with, and the one `Lifecycle` of that process. */
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
