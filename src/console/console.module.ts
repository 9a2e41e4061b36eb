import { type DynamicModule, Module } from '@nestjs/common';
import type { Environment } from '../config/environment.js';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { ResourcesModule } from '../resources/resources.module.js';
import { UsersModule } from '../users/users.module.js';
import { ConsoleController } from './console.controller.js';
import { DemoController } from './demo.controller.js';
import { DemoOrganization } from './demo-organization.js';

/** What the console needs besides the API: how to sign in, and demo data in development. */
@Module({})
export class ConsoleModule {
  static forRoot({ auth }: Environment): DynamicModule {
    const isDevelopment = auth.jwksUrl === null;
    return {
      module: ConsoleModule,
      imports: isDevelopment ? [UsersModule, OrganizationsModule, ResourcesModule] : [],
      controllers: [ConsoleController, ...(isDevelopment ? [DemoController] : [])],
      providers: isDevelopment ? [DemoOrganization] : [],
    };
  }
}
