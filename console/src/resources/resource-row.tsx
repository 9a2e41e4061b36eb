import { Pencil, Trash2 } from 'lucide-react';
import { Link } from 'wouter';
import { path } from '../api/path.js';
import type { ResourceSummary } from '../api/types.js';
import { Badge } from '../ui/badge.js';
import { IconButton } from '../ui/button.js';
import { isolated } from '../ui/isolated.js';
import { Time } from '../ui/time.js';
import { sensitivityTone } from './resources.js';

interface ResourceRowProps {
  orgId: string;
  resource: ResourceSummary;
  onEdit: () => void;
  onDelete: () => void;
}

export function ResourceRow({ orgId, resource, onEdit, onDelete }: ResourceRowProps) {
  const { id, name, sensitivity, updated_at } = resource;
  return (
    <li className="list-row resource-row">
      <div className="list-text">
        <span className="row">
          <Link href={path`/orgs/${orgId}/resources/${id}`} className="resource-link truncate" title={name}>
            <bdi>{name}</bdi>
          </Link>
          {sensitivity !== 'normal' && <Badge tone={sensitivityTone(sensitivity)}>{sensitivity}</Badge>}
        </span>
        <span className="faint small">
          Updated <Time value={updated_at} />
        </span>
      </div>
      <div className="list-tools">
        <IconButton size="s" label={`Edit ${isolated(name)}`} onClick={onEdit}>
          <Pencil size={15} aria-hidden="true" />
        </IconButton>
        <IconButton size="s" label={`Delete ${isolated(name)}`} onClick={onDelete}>
          <Trash2 size={15} aria-hidden="true" />
        </IconButton>
      </div>
    </li>
  );
}
