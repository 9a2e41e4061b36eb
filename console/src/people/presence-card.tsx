import { usePresence } from '@herald/client/react';
import { useMembers } from '../organizations/organizations.js';
import { useSession } from '../session/session.js';
import { Avatar } from '../ui/avatar.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { SkeletonRows } from '../ui/skeleton.js';
import { peopleOf } from './people.js';
import './presence.css';

/** The users online in this organization, on all nodes. */
export function PresenceCard({ orgId }: { orgId: string }) {
  const session = useSession();
  const { members: present, status, error } = usePresence(orgId);
  const { data } = useMembers(orgId);
  const personOf = peopleOf(data?.items ?? [], session);
  return (
    <section className="card" aria-label="Online now">
      <div className="card-head">
        <h2>
          Online now <span className="count">{status === 'ready' ? present.length : ''}</span>
        </h2>
      </div>
      <ProblemNotice error={error} />
      {status === 'loading' && <SkeletonRows count={2} label="Loading online members" />}
      {status === 'ready' && present.length === 0 && (
        <p className="presence-empty muted small">No one is connected to this organization’s events.</p>
      )}
      <ul className="presence" aria-label="Online now">
        {present.map(({ user_id, connections }) => {
          const { name, isYou, detail } = personOf(user_id);
          return (
            <li key={user_id} title={detail ?? user_id}>
              <Avatar id={user_id} name={name} size="s" isOnline />
              <span className="truncate">
                <bdi>{name}</bdi>
              </span>
              {isYou && <span className="faint small">you</span>}
              {connections > 1 && <span className="faint small push">{connections} connections</span>}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
