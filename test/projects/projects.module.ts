import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ProjectGuard } from './project.guard.js';
import { Project } from './project.entity.js';
import { ProjectsGateway } from './projects.gateway.js';
import { ProjectsService } from './projects.service.js';

/** A feature that an application adds. It uses the engine through its public entry only. */
@Module({
  imports: [TypeOrmModule.forFeature([Project])],
  providers: [ProjectsService, ProjectGuard, ProjectsGateway],
  exports: [ProjectsService],
})
export class ProjectsModule {}
