import { SearchX, UserX } from 'lucide-react';
import { Link } from 'wouter';
import { Button } from '../ui/button.js';
import { Empty } from '../ui/empty.js';
import { isolated } from '../ui/isolated.js';

/** The organization doesn't exist or isn't the user's; the server doesn't say which. */
export function NoSuchOrganization() {
  return (
    <Empty
      icon={SearchX}
      title="Organization not found"
      isPage
      actions={
        <Link href="/" className="button">
          Go to your organizations
        </Link>
      }
    >
      It doesn’t exist or you don’t have access. If someone sent you here, ask them to add you.
    </Empty>
  );
}

interface RemovedProps {
  name: string;
  isChecking: boolean;
  onCheck: () => void;
}

/** Shown after the server closed the organization's events with 4003. */
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
              Go to your organizations
            </Link>
            <Button isBusy={isChecking} onClick={onCheck}>
              Check again
            </Button>
          </>
        }
      >
        An owner or admin removed you, or the organization was deleted. If you’re added again, this page reloads
        automatically.
      </Empty>
    </div>
  );
}
