import { FileText, Plus, Search } from 'lucide-react';
import { useState } from 'react';
import type { ResourceSummary } from '../api/types.js';
import { Button } from '../ui/button.js';
import { Empty } from '../ui/empty.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { SkeletonRows } from '../ui/skeleton.js';
import { DeleteResourceDialog } from './delete-resource-dialog.js';
import { ResourceDialog } from './resource-dialog.js';
import { ResourceRow } from './resource-row.js';
import { useResources } from './resources.js';
import './resources.css';

type Open = { what: 'create' } | { what: 'edit' | 'delete'; resource: ResourceSummary } | null;

const STEP = 50;

/** The organization's resources, newest first. */
export function ResourcesCard({ orgId }: { orgId: string }) {
  const { data, error, refetch } = useResources(orgId);
  const [open, setOpen] = useState<Open>(null);
  const [search, setSearch] = useState('');
  const [shown, setShown] = useState(STEP);
  const close = () => setOpen(null);
  const create = () => setOpen({ what: 'create' });

  const all = data?.items ?? [];
  const found = matching(all, search).toReversed();
  return (
    <section className="card" aria-label="Resources">
      <div className="card-head">
        <h2 tabIndex={-1}>
          Resources <span className="count">{data === undefined ? '' : all.length}</span>
        </h2>
        {all.length > 0 && <SearchBox value={search} onChange={setSearch} />}
        <Button kind="primary" icon={<Plus size={15} aria-hidden="true" />} className="button push" onClick={create}>
          New resource
        </Button>
      </div>
      <ProblemNotice error={error} onRetry={() => void refetch()} />
      {data === undefined && error === null && <SkeletonRows count={5} label="Loading resources" />}
      {data !== undefined && all.length === 0 && <NoResources onCreate={create} />}
      {all.length > 0 && found.length === 0 && <p className="nothing-found">No results for “{search}”</p>}
      <ul className="rows" aria-label="Resources">
        {found.slice(0, shown).map((resource) => (
          <ResourceRow
            key={resource.id}
            orgId={orgId}
            resource={resource}
            onEdit={() => setOpen({ what: 'edit', resource })}
            onDelete={() => setOpen({ what: 'delete', resource })}
          />
        ))}
      </ul>
      {found.length > shown && (
        <div className="card-foot">
          <Button kind="quiet" onClick={() => setShown(shown + STEP)}>
            Show more
          </Button>
        </div>
      )}
      {data?.isCut === true && <div className="card-foot">Showing the {all.length} oldest.</div>}
      {open?.what === 'create' && <ResourceDialog orgId={orgId} onClose={close} />}
      {open?.what === 'edit' && <ResourceDialog orgId={orgId} resourceId={open.resource.id} onClose={close} />}
      {open?.what === 'delete' && <DeleteResourceDialog orgId={orgId} resource={open.resource} onClose={close} />}
    </section>
  );
}

function matching(resources: readonly ResourceSummary[], search: string): readonly ResourceSummary[] {
  const words = search.trim().toLowerCase();
  return words === '' ? resources : resources.filter(({ name }) => name.toLowerCase().includes(words));
}

function SearchBox({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  return (
    <label className="search">
      <Search size={14} aria-hidden="true" />
      <span className="visually-hidden">Search resources</span>
      <input type="search" placeholder="Search" value={value} onChange={(event) => onChange(event.target.value)} />
    </label>
  );
}

function NoResources({ onCreate }: { onCreate: () => void }) {
  return (
    <Empty
      icon={FileText}
      title="No resources yet"
      actions={
        <Button icon={<Plus size={15} aria-hidden="true" />} onClick={onCreate}>
          Create a resource
        </Button>
      }
    >
      Resources are whatever your product manages. Members see new ones instantly.
    </Empty>
  );
}
