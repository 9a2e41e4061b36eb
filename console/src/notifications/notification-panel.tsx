import type { useNotifications } from '@herald/client/react';
import { BellRing, CheckCheck } from 'lucide-react';
import { Button } from '../ui/button.js';
import { Empty } from '../ui/empty.js';
import { ProblemNotice } from '../ui/problem-notice.js';
import { SkeletonRows } from '../ui/skeleton.js';
import { NotificationRow } from './notification-row.js';

export type Inbox = ReturnType<typeof useNotifications>;

/** The inbox: newest first, older ones on demand. */
export function NotificationPanel({ inbox, close }: { inbox: Inbox; close: () => void }) {
  const { unreadCount, error, status } = inbox;
  return (
    <>
      <div className="panel-head">
        <h2>Notifications</h2>
        <Button
          kind="quiet"
          icon={<CheckCheck size={15} aria-hidden="true" />}
          // Not `disabled`: every click would then take the focus away.
          aria-disabled={unreadCount === 0}
          onClick={unreadCount === 0 ? undefined : () => void inbox.markAllRead()}
        >
          Mark all as read
        </Button>
      </div>
      {error !== null && (
        <div className="panel-problem">
          <ProblemNotice error={error} onRetry={() => void inbox.reload()} />
        </div>
      )}
      {status === 'loading' && <SkeletonRows count={3} label="Loading notifications" />}
      {status === 'ready' && <Items inbox={inbox} close={close} />}
    </>
  );
}

function Items({ inbox, close }: { inbox: Inbox; close: () => void }) {
  const { items, hasMore, isLoadingMore } = inbox;
  if (items.length === 0) {
    return (
      <Empty icon={BellRing} title="All caught up">
        Mentions, messages and finished exports arrive here the moment they happen.
      </Empty>
    );
  }
  return (
    <>
      <ul className="notifications" aria-label="Notifications">
        {items.map((item) => (
          <NotificationRow key={item.id} item={item} inbox={inbox} close={close} />
        ))}
      </ul>
      {hasMore && (
        <div className="card-foot">
          <Button kind="quiet" isBusy={isLoadingMore} onClick={() => void inbox.loadMore()}>
            Load more
          </Button>
        </div>
      )}
    </>
  );
}
