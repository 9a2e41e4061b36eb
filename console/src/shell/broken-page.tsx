import { RotateCw, Unplug } from 'lucide-react';
import { Button } from '../ui/button.js';
import { Empty } from '../ui/empty.js';

/** Shown when part of the console failed, or can't be loaded, for example in a tab left open across a deployment. */
export function BrokenPage() {
  return (
    <div role="alert">
      <Empty
        icon={Unplug}
        title="This page could not be loaded"
        isPage
        actions={
          <Button
            kind="primary"
            icon={<RotateCw size={15} aria-hidden="true" />}
            // Browsers don't request a failed module again within the same document.
            onClick={() => location.reload()}
          >
            Reload
          </Button>
        }
      >
        The server may be down or updated. Reload to try again.
      </Empty>
    </div>
  );
}
