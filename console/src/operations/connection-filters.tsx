import { X } from 'lucide-react';
import { useOrganizations } from '../organizations/organizations.js';
import { IconButton } from '../ui/button.js';
import type { ConnectionFilter } from './connections.js';

interface ConnectionFiltersProps {
  filter: ConnectionFilter;
  onFilter: (filter: ConnectionFilter) => void;
}

/** Filters by user and organization. It suggests the operator's own organizations; any other id can be typed. */
export function ConnectionFilters({ filter, onFilter }: ConnectionFiltersProps) {
  const { data } = useOrganizations();
  const isFiltered = filter.userId !== '' || filter.orgId !== '';
  return (
    <div className="filters" role="search" aria-label="Filter connections">
      <input
        className="input"
        aria-label="User ID"
        placeholder="User ID"
        value={filter.userId}
        maxLength={255}
        onChange={(event) => onFilter({ ...filter, userId: event.target.value })}
      />
      <input
        className="input"
        aria-label="Organization ID"
        placeholder="Organization ID"
        list="organization-ids"
        value={filter.orgId}
        onChange={(event) => onFilter({ ...filter, orgId: event.target.value })}
      />
      <datalist id="organization-ids">
        {data?.items.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </datalist>
      {isFiltered && (
        <IconButton label="Clear the filter" onClick={() => onFilter({ userId: '', orgId: '' })}>
          <X size={16} aria-hidden="true" />
        </IconButton>
      )}
    </div>
  );
}
