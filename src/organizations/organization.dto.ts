import { ApiProperty } from '@nestjs/swagger';
import { IsText } from '../http/is-text.js';
import { ORG_ROLES, type OrgRole } from './org-role.js';
import type { OwnOrganization } from './organizations.service.js';

/** The body that creates or renames an organization. */
export class NameOrganizationDto {
  @ApiProperty({ example: 'Acme', minLength: 1, maxLength: 200 })
  @IsText({ max: 200 })
  name: string;
}

/** An organization in an answer. */
export class OrganizationDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  @ApiProperty({ example: 'Acme' })
  name: string;

  @ApiProperty({ enum: ORG_ROLES, description: "The caller's own role" })
  role: OrgRole;

  @ApiProperty({ format: 'date-time' })
  created_at: string;

  @ApiProperty({ format: 'date-time' })
  updated_at: string;

  constructor({ organization, role }: OwnOrganization) {
    this.id = organization.id;
    this.name = organization.name;
    this.role = role;
    this.created_at = organization.createdAt.toISOString();
    this.updated_at = organization.updatedAt.toISOString();
  }
}
