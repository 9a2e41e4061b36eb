import { useNotifications } from '@herald/client/react';
import { Bell } from 'lucide-react';
import { Popover } from '../ui/popover.js';
import { NotificationPanel } from './notification-panel.js';
import './notifications.css';

/** The unread count, and the panel with the notifications. */
export function NotificationBell() {
  const inbox = useNotifications();
  const { unreadCount, hasMoreUnread } = inbox;
  const count = hasMoreUnread ? '99+' : String(unreadCount);
  const label = unreadCount === 0 ? 'Notifications' : `Notifications, ${count} unread`;
  return (
    <Popover
      label="Notifications"
      width={420}
      trigger={(trigger) => (
        <button type="button" className="icon-button" aria-label={label} title={label} {...trigger}>
          <Bell size={18} aria-hidden="true" />
          {unreadCount > 0 && (
            <span className="bell-count" aria-hidden="true">
              {count}
            </span>
          )}
        </button>
      )}
    >
      {(close) => <NotificationPanel inbox={inbox} close={close} />}
    </Popover>
  );
}
