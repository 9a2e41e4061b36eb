import { Download, Mail } from 'lucide-react';
import { useState } from 'react';
import type { Organization } from '../api/types.js';
import { ExportDialog } from '../exports/export-dialog.js';
import { MessageDialog } from '../messages/message-dialog.js';
import { Avatar } from '../ui/avatar.js';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { OrganizationMenu } from './organization-menu.js';

/** The organization's name and its main actions. */
export function OrganizationHead({ organization }: { organization: Organization }) {
  const [open, setOpen] = useState<'message' | 'export' | null>(null);
  const { id, name, role } = organization;
  const close = () => setOpen(null);
  return (
    <div className="organization-head">
      <div className="organization-title">
        <Avatar id={id} name={name} shape="square" />
        <h1 className="wrap" title={name}>
          <bdi>{name}</bdi>
        </h1>
        <Badge tone={role === 'member' ? 'plain' : 'accent'}>{role}</Badge>
      </div>
      <div className="organization-actions">
        <Button icon={<Mail size={15} aria-hidden="true" />} onClick={() => setOpen('message')}>
          Send message
        </Button>
        <Button icon={<Download size={15} aria-hidden="true" />} onClick={() => setOpen('export')}>
          Export
        </Button>
        <OrganizationMenu organization={organization} />
      </div>
      {open === 'message' && <MessageDialog orgId={id} onClose={close} />}
      {open === 'export' && <ExportDialog organization={organization} onClose={close} />}
    </div>
  );
}
