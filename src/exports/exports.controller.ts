import { Body, Controller, Get, HttpCode, Param, Post, StreamableFile } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import { ApiProblems } from '../http/api-answers.decorator.js';
import { ParseUuidPipe } from '../http/parse-uuid.pipe.js';
import type { Membership } from '../organizations/membership.entity.js';
import { CurrentMembership, ForMembers } from '../organizations/org-role.guard.js';
import { ExportDto, RequestExportDto } from './export.dto.js';
import type { ExportFormat } from './export.entity.js';
import { ExportsService } from './exports.service.js';

const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json; charset=utf-8',
};

@ApiTags('exports')
@ApiBearerAuth()
@Controller('orgs/:org_id/exports')
@ForMembers()
export class ExportsController {
  constructor(private readonly exports: ExportsService) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Export the resources to a file. Ends in a notification, `task.completed` or `task.failed`',
  })
  @ApiAcceptedResponse({ type: ExportDto })
  @ApiProblems(400, 404, 503)
  async request(@CurrentMembership() member: Membership, @Body() { format }: RequestExportDto): Promise<ExportDto> {
    return new ExportDto(await this.exports.request(member, format));
  }

  @Get(':id')
  @ApiOperation({ summary: 'How far an export has come (its requester)' })
  @ApiOkResponse({ type: ExportDto })
  @ApiProblems(404)
  async get(@CurrentMembership() member: Membership, @Param('id', ParseUuidPipe) id: string): Promise<ExportDto> {
    return new ExportDto(await this.exports.get(member, id));
  }

  @Get(':id/download')
  @ApiOperation({
    summary: 'The file of a completed export (its requester); in CSV, what looks like a formula is quoted',
  })
  @ApiProduces('text/csv', 'application/json')
  @ApiOkResponse({ schema: { type: 'string', format: 'binary' } })
  @ApiProblems(404)
  async download(
    @CurrentMembership() member: Membership,
    @Param('id', ParseUuidPipe) id: string,
  ): Promise<StreamableFile> {
    const { content, bytes, format } = await this.exports.open(member, id);
    return new StreamableFile(content, {
      type: CONTENT_TYPES[format],
      disposition: `attachment; filename="export-${id}.${format}"`,
      length: bytes,
    });
  }
}
