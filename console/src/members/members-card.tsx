import { usePresence } from '@herald/client/react';
import { UserPlus } from 'lucide-react';
import { useState } from 'react';
import type { Member, Organization } from '../api/types.js';
import { MessageDialog } from '../messages/message-dialog.js';
import { useMembers } from '../organizations/organizations.js';
import { peopleOf } from '../people/people.js';
import { useSession } from '../session/session.js';
import { Button } from '../ui/button.js';
import { usePageTitle } from '../ui/page-title.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { SkeletonRows } from '../ui/skeleton.js';
import { AddMemberDialog } from './add-member-dialog.js';
import { LeaveDialog } from './leave-dialog.js';
import { MemberRow } from './member-row.js';
import { RemoveMemberDialog } from './remove-member-dialog.js';
import { RoleDialog } from './role-dialog.js';
import './members.css';

type Open = { what: 'add' } | { what: 'leave' } | { what: 'message' | 'remove' | 'role'; member: Member } | null;

export function MembersCard({ organization }: { organization: Organization }) {
  usePageTitle(`Members of ${organization.name}`);
  const session = useSession();
  const { data, error, refetch } = useMembers(organization.id);
  const presence = usePresence(organization.id);
  const [open, setOpen] = useState<Open>(null);
  const close = () => setOpen(null);
  const members = data?.items ?? [];
  const personOf = peopleOf(members, session);
  const online = new Set(presence.members.map(({ user_id }) => user_id));
  return (
    <section className="card" aria-label="Members">
      <div className="card-head">
        <h2 tabIndex={-1}>
          Members <span className="count">{data === undefined ? '' : members.length}</span>
        </h2>
        {organization.role !== 'member' && (
          <Button
            kind="primary"
            icon={<UserPlus size={15} aria-hidden="true" />}
            onClick={() => setOpen({ what: 'add' })}
            style={{ marginInlineStart: 'auto' }}
          >
            Add member
          </Button>
        )}
      </div>
      <ProblemNotice error={error} onRetry={() => void refetch()} />
      {data === undefined && error === null && <SkeletonRows label="Loading members" />}
      <ul className="rows" aria-label="Members">
        {members.map((member) => (
          <MemberRow
            key={member.user_id}
            organization={organization}
            member={member}
            person={personOf(member.user_id)}
            isOnline={online.has(member.user_id)}
            onChangeRole={() => setOpen({ what: 'role', member })}
            onMessage={() => setOpen({ what: 'message', member })}
            onRemove={() => setOpen({ what: 'remove', member })}
            onLeave={() => setOpen({ what: 'leave' })}
          />
        ))}
      </ul>
      {data?.isCut === true && <div className="card-foot">Showing the first {members.length}.</div>}
      {open?.what === 'add' && <AddMemberDialog organization={organization} onClose={close} />}
      {open?.what === 'leave' && <LeaveDialog organization={organization} onClose={close} />}
      {open?.what === 'message' && <MessageDialog orgId={organization.id} to={open.member.user_id} onClose={close} />}
      {open?.what === 'role' && (
        <RoleDialog
          orgId={organization.id}
          member={open.member}
          person={personOf(open.member.user_id)}
          onClose={close}
        />
      )}
      {open?.what === 'remove' && (
        <RemoveMemberDialog organization={organization} person={personOf(open.member.user_id)} onClose={close} />
      )}
    </section>
  );
}
