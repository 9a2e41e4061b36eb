import { randomUUID } from 'node:crypto';
import { Body, Controller, Delete, Get, HttpCode, Module, NotFoundException, Post } from '@nestjs/common';
import {
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiProperty,
  ApiTags,
} from '@nestjs/swagger';
import { IsText } from '../../src/http/is-text.js';
import { UuidParam } from '../../src/http/path-ids.decorator.js';
import type { Membership } from '../../src/organizations/membership.entity.js';
import { CurrentMembership, ForMembers } from '../../src/organizations/org-role.guard.js';
import { OrganizationsModule } from '../../src/organizations/organizations.module.js';

class CreateWidgetDto {
  @ApiProperty({ example: 'Sprocket', minLength: 1, maxLength: 50 })
  @IsText({ max: 50 })
  name: string;
}

class WidgetDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ example: 'Sprocket' })
  name: string;
}

class WidgetsDto {
  @ApiProperty({ type: [WidgetDto] })
  items: WidgetDto[];
}

const ID = 'The id of the widget';

@ApiTags('resources')
@Controller('orgs/:org_id/widgets')
class WidgetsController {
  private readonly widgets = new Map<string, WidgetDto & { orgId: string }>();

  @Post()
  @ForMembers()
  @ApiOperation({ summary: 'Make a widget' })
  @ApiCreatedResponse({ type: WidgetDto })
  create(@CurrentMembership() { orgId }: Membership, @Body() { name }: CreateWidgetDto): WidgetDto {
    const id = randomUUID();
    this.widgets.set(id, { orgId, id, name });
    return { id, name };
  }

  @Get()
  @ForMembers()
  @ApiOperation({ summary: 'The widgets of an organization' })
  @ApiOkResponse({ type: WidgetsDto })
  list(@CurrentMembership() membership: Membership): WidgetsDto {
    const own = [...this.widgets.values()].filter(({ orgId }) => orgId === membership.orgId);
    return { items: own.map(({ id, name }) => ({ id, name })) };
  }

  @Get(':id')
  @ForMembers()
  @ApiOperation({ summary: 'One widget' })
  @ApiOkResponse({ type: WidgetDto })
  get(@CurrentMembership() { orgId }: Membership, @UuidParam('id', ID) id: string): WidgetDto {
    const { name } = this.find(orgId, id);
    return { id, name };
  }

  @Delete(':id')
  @HttpCode(204)
  @ForMembers('publishEvents')
  @ApiOperation({ summary: 'Scrap a widget (owners, admins)' })
  @ApiNoContentResponse()
  remove(@CurrentMembership() { orgId }: Membership, @UuidParam('id', ID) id: string): void {
    this.find(orgId, id);
    this.widgets.delete(id);
  }

  private find(orgId: string, id: string): WidgetDto {
    const widget = this.widgets.get(id);
    if (widget?.orgId !== orgId) throw new NotFoundException('There is no such widget.');
    return widget;
  }
}

/**
 * A feature such as an application adds. No test refers to it: the tests of all routes include it,
 * which shows that a new feature needs no change to them.
 */
@Module({ imports: [OrganizationsModule], controllers: [WidgetsController] })
export class WidgetsModule {}
