import { Check, ChevronsUpDown, Plus } from 'lucide-react';
import { useState } from 'react';
import { Link, useRoute } from 'wouter';
import { path } from '../api/path.js';
import type { Organization } from '../api/types.js';
import { Avatar } from '../ui/avatar.js';
import { Popover } from '../ui/popover.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { CreateOrganizationDialog } from './create-organization-dialog.js';
import { useOrganizations } from './organizations.js';
import './organizations.css';

/** Shows the current organization, and links to the others. */
export function OrganizationSwitcher() {
  const [isCreating, setCreating] = useState(false);
  const [, params] = useRoute('/orgs/:org_id/*?');
  const { data, error, refetch } = useOrganizations();
  const organizations = data?.items ?? [];
  const current = organizations.find(({ id }) => id === params?.org_id);
  return (
    <>
      <Popover
        label="Organizations"
        align="start"
        width={300}
        trigger={(trigger) => (
          <button type="button" className="switcher" {...trigger}>
            {current !== undefined && <Avatar id={current.id} name={current.name} size="s" shape="square" />}
            <span className="truncate">
              {current !== undefined && <span className="visually-hidden">Organization: </span>}
              <bdi>{current?.name ?? 'Organizations'}</bdi>
            </span>
            <ChevronsUpDown size={14} aria-hidden="true" className="faint" />
          </button>
        )}
      >
        {(close) => (
          <>
            <ProblemNotice error={error} onRetry={() => void refetch()} />
            <OrganizationLinks organizations={organizations} currentId={current?.id} onChoose={close} />
            <div className="menu switcher-foot">
              <button
                type="button"
                className="menu-item"
                onClick={() => {
                  close();
                  setCreating(true);
                }}
              >
                <Plus size={16} aria-hidden="true" />
                Create organization
              </button>
            </div>
          </>
        )}
      </Popover>
      {isCreating && <CreateOrganizationDialog onClose={() => setCreating(false)} />}
    </>
  );
}

interface OrganizationLinksProps {
  organizations: readonly Organization[];
  currentId: string | undefined;
  onChoose: () => void;
}

function OrganizationLinks({ organizations, currentId, onChoose }: OrganizationLinksProps) {
  if (organizations.length === 0) return <p className="switcher-empty">You’re not in an organization yet.</p>;
  return (
    <nav aria-label="Your organizations">
      <ul className="menu switcher-list">
        {organizations.map(({ id, name, role }) => (
          <li key={id}>
            <Link
              href={path`/orgs/${id}`}
              className="menu-item"
              aria-current={id === currentId ? 'page' : undefined}
              onClick={onChoose}
            >
              <Avatar id={id} name={name} size="s" shape="square" />
              <span className="truncate">
                <bdi>{name}</bdi>
              </span>
              <span className="push faint small">{role}</span>
              {id === currentId && <Check size={15} aria-hidden="true" />}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
