import { Equals, IsInt, IsRFC3339, IsString, IsUUID, Min } from 'class-validator';
import { defineOrgEvent } from '../realtime/index.js';

/** A resource was deleted. */
class ResourceDeleted {
  @IsUUID('loose')
  resource_id: string;

  @IsString()
  resource_name: string;

  @IsUUID('loose')
  org_id: string;

  @IsRFC3339()
  timestamp: string;
}

/** A resource was created or changed; the fields are its new state. */
class ResourceChange extends ResourceDeleted {
  @IsString()
  sensitivity: string;
}

/** An organization is close to its resource quota, or has reached it. */
class QuotaWarning {
  @Equals('resources')
  quota: 'resources';

  @IsInt()
  @Min(0)
  used: number;

  @IsInt()
  @Min(0)
  limit: number;

  @IsInt()
  @Min(0)
  percent: number;

  @IsRFC3339()
  timestamp: string;
}

declare module '../realtime/index.js' {
  interface OrgEvents {
    'resource.created': ResourceChange;
    'resource.updated': ResourceChange;
    'resource.deleted': ResourceDeleted;
    'quota.warning': QuotaWarning;
  }
}

defineOrgEvent('resource.created', ResourceChange);
defineOrgEvent('resource.updated', ResourceChange);
defineOrgEvent('resource.deleted', ResourceDeleted);
defineOrgEvent('quota.warning', QuotaWarning);
