import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiNotFoundResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { REALTIME_ADMIN_ROLE, REALTIME_NOTIFY_ROLE } from '../auth/principal.js';
import { Roles } from '../auth/roles.decorator.js';
import { AlertDto, RaiseAlertDto } from './alert.dto.js';
import { AlertsService } from './alerts.service.js';

@ApiTags('alerts')
@Controller('alerts')
export class AlertsController {
  constructor(private readonly alerts: AlertsService) {}

  @Post()
  @HttpCode(202)
  @Roles(REALTIME_NOTIFY_ROLE, REALTIME_ADMIN_ROLE)
  @ApiOperation({
    summary: `Send a \`system.alert\` to an organization, or to every user online (realm role ${REALTIME_NOTIFY_ROLE})`,
  })
  @ApiAcceptedResponse({ type: AlertDto, description: 'The alert was accepted.' })
  @ApiNotFoundResponse({ description: 'There is no such organization.' })
  async raise(@Body() { org_id, alert_type, message, severity }: RaiseAlertDto): Promise<AlertDto> {
    const alert = { alert_type, message, severity, timestamp: new Date().toISOString() };
    if (org_id === undefined) await this.alerts.alertEveryone(alert);
    else await this.alerts.alertOrganization(org_id.toLowerCase(), alert);
    return alert;
  }
}
