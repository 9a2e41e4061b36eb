import { useQueryClient } from '@tanstack/react-query';
import { useApi } from '../api/api.js';
import { keys } from '../api/keys.js';
import { describeProblem } from '../api/problem.js';
import { type Member, ORG_ROLES } from '../api/types.js';
import { useRefreshOrganizations } from '../organizations/organizations.js';
import { capitalized } from '../ui/capitalized.js';
import { useToast } from '../ui/toasts.js';

interface RoleSelectProps {
  orgId: string;
  member: Member;
  name: string;
}

/** Gives a member another role, at once. */
export function RoleSelect({ orgId, member, name }: RoleSelectProps) {
  const api = useApi();
  const client = useQueryClient();
  const refresh = useRefreshOrganizations();
  const toast = useToast();

  const change = async (role: string) => {
    try {
      await api.send('PATCH', `/orgs/${orgId}/members/${encodeURIComponent(member.user_id)}`, { role });
      toast({ title: `${name} is now ${role}`, tone: 'ok' });
    } catch (error) {
      toast({
        title: `${name} is still ${member.role}`,
        body: error instanceof Error ? describeProblem(error) : undefined,
        tone: 'danger',
      });
    }
    await client.invalidateQueries({ queryKey: keys.members(orgId) });
    // It may have been the user's own.
    await refresh(orgId);
  };
  return (
    <select
      className="input select-s"
      aria-label={`Role of ${name}`}
      value={member.role}
      onChange={(event) => void change(event.target.value)}
    >
      {ORG_ROLES.map((role) => (
        <option key={role} value={role}>
          {capitalized(role)}
        </option>
      ))}
    </select>
  );
}
