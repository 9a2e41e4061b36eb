import { ArrowLeft, FileX, Pencil, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { path } from '../api/path.js';
import type { Resource } from '../api/types.js';
import { isNotFound } from '../organizations/organizations.js';
import { Badge } from '../ui/badge.js';
import { Button } from '../ui/button.js';
import { Empty } from '../ui/empty.js';
import { isolated } from '../ui/isolated.js';
import { usePageTitle } from '../ui/page-title.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { SkeletonRows } from '../ui/skeleton.js';
import { Time } from '../ui/time.js';
import { Comments } from './comments.js';
import { DeleteResourceDialog } from './delete-resource-dialog.js';
import { ResourceDialog } from './resource-dialog.js';
import { sensitivityTone, useResource } from './resources.js';
import './resources.css';

/** One resource with its comments. */
export function ResourcePage({ orgId, resourceId }: { orgId: string; resourceId: string }) {
  const { data, error, refetch } = useResource(orgId, resourceId);
  usePageTitle(data?.name ?? 'Resource');
  const list = path`/orgs/${orgId}`;
  if (isNotFound(error)) {
    return (
      <section className="card">
        <Empty
          icon={FileX}
          title="This resource is gone"
          level={2}
          actions={
            <Link href={list} className="button">
              All resources
            </Link>
          }
        >
          {data === undefined ? 'It doesn’t exist or was deleted.' : `Someone just deleted “${isolated(data.name)}”.`}
        </Empty>
      </section>
    );
  }
  return (
    <>
      <Link href={list} className="back-link">
        <ArrowLeft size={15} aria-hidden="true" />
        All resources
      </Link>
      <ProblemNotice error={error} onRetry={() => void refetch()} />
      {data === undefined && error === null && <SkeletonRows count={2} label="Loading the resource" />}
      {data !== undefined && <ResourceDetails orgId={orgId} resource={data} />}
      {data !== undefined && <Comments orgId={orgId} resourceId={resourceId} />}
    </>
  );
}

function ResourceDetails({ orgId, resource }: { orgId: string; resource: Resource }) {
  const [open, setOpen] = useState<'edit' | 'delete' | null>(null);
  const [, navigate] = useLocation();
  const close = () => setOpen(null);
  const { name, sensitivity, description, created_at, updated_at } = resource;
  return (
    <article className="card resource" aria-label={name}>
      <div className="resource-head">
        <h2 className="wrap">
          <bdi>{name}</bdi>
        </h2>
        <Badge tone={sensitivityTone(sensitivity)}>{sensitivity}</Badge>
        <div className="row push">
          <Button icon={<Pencil size={14} aria-hidden="true" />} onClick={() => setOpen('edit')}>
            Edit
          </Button>
          <Button icon={<Trash2 size={14} aria-hidden="true" />} onClick={() => setOpen('delete')}>
            Delete
          </Button>
        </div>
      </div>
      <p className={description === null ? 'faint' : 'resource-description wrap'}>{description ?? 'No description'}</p>
      <p className="faint small">
        Created <Time value={created_at} /> · updated <Time value={updated_at} />
      </p>
      {open === 'edit' && <ResourceDialog orgId={orgId} resourceId={resource.id} onClose={close} />}
      {open === 'delete' && (
        <DeleteResourceDialog
          orgId={orgId}
          resource={resource}
          onClose={close}
          onDeleted={() => navigate(path`/orgs/${orgId}`)}
        />
      )}
    </article>
  );
}
