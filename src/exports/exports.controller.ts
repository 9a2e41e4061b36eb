import { Body, Controller, Get, HttpCode, Post, StreamableFile } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiExtraModels,
  ApiNotFoundResponse,
  type ApiResponseNoStatusOptions,
  getSchemaPath,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import { UuidParam } from '../http/path-ids.decorator.js';
import type { Membership } from '../organizations/membership.entity.js';
import { CurrentMembership, ForMembers } from '../organizations/org-role.guard.js';
import { ExportDto, ExportedResourceDto, RequestExportDto } from './export.dto.js';
import type { ExportFormat } from './export.entity.js';
import { ExportsService } from './exports.service.js';

const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
};

const CSV_EXAMPLE = `id,name,sensitivity,description,created_at,updated_at
01997a6e-7e3f-7000-8000-000000000000,Q3 report,normal,,2025-01-15T10:30:00.000Z,2025-01-15T10:30:00.000Z
`;

const FILE: ApiResponseNoStatusOptions = {
  description: 'The file, in the requested format',
  headers: {
    'Content-Disposition': {
      schema: { type: 'string' },
      example: 'attachment; filename="export-01997a6e-7e3f-7000-8000-000000000000.csv"',
    },
  },
  content: {
    'text/csv': { schema: { type: 'string' }, example: CSV_EXAMPLE },
    'application/json': { schema: { type: 'array', items: { $ref: getSchemaPath(ExportedResourceDto) } } },
  },
};

const ID = 'The id of the export';

@ApiTags('exports')
@Controller('orgs/:org_id/exports')
@ForMembers()
export class ExportsController {
  constructor(private readonly exports: ExportsService) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary:
      'Export the resources to a file. Sends a notification when done, `task.completed` or `task.failed`; kept for 7 days',
  })
  @ApiAcceptedResponse({ type: ExportDto })
  async request(@CurrentMembership() member: Membership, @Body() { format }: RequestExportDto): Promise<ExportDto> {
    return new ExportDto(await this.exports.request(member, format));
  }

  @Get(':id')
  @ApiOperation({ summary: 'The status and progress of an export (its requester)' })
  @ApiOkResponse({ type: ExportDto })
  async get(@CurrentMembership() member: Membership, @UuidParam('id', ID) id: string): Promise<ExportDto> {
    return new ExportDto(await this.exports.get(member, id));
  }

  @Get(':id/download')
  @ApiOperation({
    summary: 'The file of a completed export (its requester); CSV quotes text that looks like a formula',
  })
  @ApiExtraModels(ExportedResourceDto)
  @ApiOkResponse(FILE)
  @ApiNotFoundResponse({ description: 'There is no such export, or it has no file yet.' })
  async download(@CurrentMembership() member: Membership, @UuidParam('id', ID) id: string): Promise<StreamableFile> {
    const { content, bytes, format } = await this.exports.open(member, id);
    return new StreamableFile(content, {
      type: CONTENT_TYPES[format],
      disposition: `attachment; filename="export-${id}.${format}"`,
      length: bytes,
    });
  }
}
