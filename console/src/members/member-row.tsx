import { LogOut, Mail, UserMinus } from 'lucide-react';
import type { Member, Organization } from '../api/types.js';
import type { Person } from '../people/people.js';
import { Avatar } from '../ui/avatar.js';
import { Badge } from '../ui/badge.js';
import { IconButton } from '../ui/button.js';
import { Time } from '../ui/time.js';
import { RoleSelect } from './role-select.js';

interface MemberRowProps {
  organization: Organization;
  member: Member;
  person: Person;
  isOnline: boolean;
  onMessage: () => void;
  onRemove: () => void;
  onLeave: () => void;
}

/** A member, and what the user's own role allows with them. */
export function MemberRow({ organization, member, person, isOnline, onMessage, onRemove, onLeave }: MemberRowProps) {
  const { role: ownRole } = organization;
  const mayRemove = ownRole === 'owner' || (ownRole === 'admin' && member.role === 'member');
  return (
    <li className="list-row">
      <Avatar id={person.userId} name={person.name} isOnline={isOnline} />
      <div className="list-text">
        <span className="row">
          <strong className="truncate" title={person.userId}>
            {person.name}
          </strong>
          {person.isYou && <span className="faint small">you</span>}
          {isOnline && <span className="visually-hidden">, online</span>}
        </span>
        <span className="muted small truncate">
          {person.detail ?? 'No e-mail known yet'} · joined <Time value={member.joined_at} />
        </span>
      </div>
      {ownRole === 'owner' ? (
        <RoleSelect orgId={organization.id} member={member} name={person.name} />
      ) : (
        <Badge tone={member.role === 'member' ? 'plain' : 'accent'}>{member.role}</Badge>
      )}
      <div className="list-tools">
        {!person.isYou && (
          <IconButton size="s" label={`Send a message to ${person.name}`} onClick={onMessage}>
            <Mail size={15} aria-hidden="true" />
          </IconButton>
        )}
        {person.isYou && (
          <IconButton size="s" label="Leave the organization" onClick={onLeave}>
            <LogOut size={15} aria-hidden="true" />
          </IconButton>
        )}
        {!person.isYou && mayRemove && (
          <IconButton size="s" label={`Remove ${person.name}`} onClick={onRemove}>
            <UserMinus size={15} aria-hidden="true" />
          </IconButton>
        )}
      </div>
    </li>
  );
}
