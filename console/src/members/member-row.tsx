import { ChevronDown, LogOut, Mail, UserMinus } from 'lucide-react';
import type { Member, Organization } from '../api/types.js';
import type { Person } from '../people/people.js';
import { Avatar } from '../ui/avatar.js';
import { Badge } from '../ui/badge.js';
import { Button, IconButton } from '../ui/button.js';
import { capitalized } from '../ui/capitalized.js';
import { isolated } from '../ui/isolated.js';
import { Time } from '../ui/time.js';

interface MemberRowProps {
  organization: Organization;
  member: Member;
  person: Person;
  isOnline: boolean;
  onChangeRole: () => void;
  onMessage: () => void;
  onRemove: () => void;
  onLeave: () => void;
}

/** A member, with the actions that the user's role allows. */
export function MemberRow({ organization, member, person, isOnline, ...on }: MemberRowProps) {
  const { role: ownRole } = organization;
  const name = isolated(person.name);
  const mayRemove = ownRole === 'owner' || (ownRole === 'admin' && member.role === 'member');
  return (
    <li className="list-row">
      <Avatar id={person.userId} name={person.name} isOnline={isOnline} />
      <div className="list-text">
        <span className="row">
          <strong className="truncate" title={person.userId}>
            <bdi>{person.name}</bdi>
          </strong>
          {person.isYou && <span className="faint small">you</span>}
          {isOnline && <span className="visually-hidden">, online</span>}
        </span>
        <span className="muted small truncate">
          <bdi>{person.detail ?? 'No email yet'}</bdi> · joined <Time value={member.joined_at} />
        </span>
      </div>
      {ownRole === 'owner' ? (
        <Button
          className="button role-button"
          aria-label={`${capitalized(member.role)}, change the role of ${name}`}
          onClick={on.onChangeRole}
        >
          {capitalized(member.role)}
          <ChevronDown size={14} aria-hidden="true" />
        </Button>
      ) : (
        <Badge tone={member.role === 'member' ? 'plain' : 'accent'}>{member.role}</Badge>
      )}
      <div className="list-tools">
        {!person.isYou && (
          <IconButton size="s" label={`Send a message to ${name}`} onClick={on.onMessage}>
            <Mail size={15} aria-hidden="true" />
          </IconButton>
        )}
        {person.isYou && (
          <IconButton size="s" label="Leave the organization" onClick={on.onLeave}>
            <LogOut size={15} aria-hidden="true" />
          </IconButton>
        )}
        {!person.isYou && mayRemove && (
          <IconButton size="s" label={`Remove ${name}`} onClick={on.onRemove}>
            <UserMinus size={15} aria-hidden="true" />
          </IconButton>
        )}
      </div>
    </li>
  );
}
