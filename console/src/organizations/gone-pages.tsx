import { SearchX, UserX } from 'lucide-react';
import { Link } from 'wouter';
import { Button } from '../ui/button.js';
import { Empty } from '../ui/empty.js';
import { isolated } from '../ui/isolated.js';

/** Unknown, or not the user's: the server tells nobody which. */
export function NoSuchOrganization() {
  return (
    <Empty
      icon={SearchX}
      title="This organization is not here for you"
      isPage
      actions={
        <Link href="/" className="button">
          To your organizations
        </Link>
      }
    >
      It doesn’t exist, or you are no member of it. If somebody sent you here, ask them to add you.
    </Empty>
  );
}

interface RemovedProps {
  name: string;
  isChecking: boolean;
  onCheck: () => void;
}

/** The server has closed the organization's events with 4003. */
export function RemovedFromOrganization({ name, isChecking, onCheck }: RemovedProps) {
  return (
    <div role="alert">
      <Empty
        icon={UserX}
        title={`You are no longer a member of ${isolated(name)}`}
        isPage
        actions={
          <>
            <Link href="/" className="button" data-kind="primary">
              To your organizations
            </Link>
            <Button isBusy={isChecking} onClick={onCheck}>
              Check again
            </Button>
          </>
        }
      >
        An owner or admin has removed you, or the organization was deleted. Its events have stopped here. Ask an owner
        to add you again if you still need it; this page then comes back by itself.
      </Empty>
    </div>
  );
}
