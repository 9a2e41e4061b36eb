import { IsIn, IsRFC3339, IsString } from 'class-validator';
import { defineNotification, defineOrgEvent } from '../realtime/index.js';

export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** An operator's message to one organization. */
class OrgAlert {
  @IsString()
  alert_type: string;

  @IsString()
  message: string;

  @IsIn(SEVERITIES)
  severity: Severity;

  @IsRFC3339()
  timestamp: string;
}

/** An operator's message to everyone online; its text is in `title` and `body`. */
class UserAlert {
  @IsString()
  alert_type: string;

  @IsIn(SEVERITIES)
  severity: Severity;
}

declare module '../realtime/index.js' {
  interface OrgEvents {
    'system.alert': OrgAlert;
  }
  interface Notifications {
    'system.alert': UserAlert;
  }
}

defineOrgEvent('system.alert', OrgAlert);
defineNotification('system.alert', UserAlert);
