import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { ResourcesModule } from '../resources/resources.module.js';
import { ExportFiles } from './export-files.js';
import { EXPORT_QUEUE, ExportQueue } from './export-queue.js';
import { ExportUpkeep } from './export-upkeep.js';
import { Export } from './export.entity.js';
import { ExportsController } from './exports.controller.js';
import { ExportsProcessor } from './exports.processor.js';
import { ExportsService } from './exports.service.js';
import './task-notifications.js';

/** Exports an organization's resources to files, in background jobs. */
@Module({
  imports: [
    TypeOrmModule.forFeature([Export]),
    BullModule.registerQueue({ name: EXPORT_QUEUE }),
    OrganizationsModule,
    ResourcesModule,
  ],
  controllers: [ExportsController],
  providers: [ExportsService, ExportQueue, ExportFiles, ExportUpkeep, ExportsProcessor],
})
export class ExportsModule {}
