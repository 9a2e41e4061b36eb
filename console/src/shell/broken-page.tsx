import { RotateCw, Unplug } from 'lucide-react';
import { Button } from '../ui/button.js';
import { Empty } from '../ui/empty.js';

/** A part of the console is not to be had, as after a deployment that a tab was open across, or has failed. */
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
            // What failed to load is not asked for again by the same document.
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
