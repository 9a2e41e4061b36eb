import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RememberUserInterceptor } from './remember-user.interceptor.js';
import { User } from './user.entity.js';
import { UsersService } from './users.service.js';

/** Users' e-mails and names, as seen in their tokens. */
@Module({
  imports: [TypeOrmModule.forFeature([User])],
  providers: [UsersService, { provide: APP_INTERCEPTOR, useClass: RememberUserInterceptor }],
  exports: [UsersService],
})
export class UsersModule {}
