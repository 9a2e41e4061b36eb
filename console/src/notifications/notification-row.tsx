import type { NotificationItem } from '@herald/client/react';
import { Check, X } from 'lucide-react';
import { useOrganizationName } from '../organizations/organizations.js';
import { usePeopleAnywhere } from '../people/people.js';
import { IconButton } from '../ui/button.js';
import { passFocusOn } from '../ui/focus.js';
import { isolated } from '../ui/isolated.js';
import { Time } from '../ui/time.js';
import { notificationLook, notificationTitle } from './notification-look.js';
import type { Inbox } from './notification-panel.js';
import { NotificationAction } from './notification-action.js';

interface NotificationRowProps {
  item: NotificationItem;
  inbox: Inbox;
  close: () => void;
}

/** One notification and its actions. */
export function NotificationRow({ item, inbox, close }: NotificationRowProps) {
  const { icon: Icon, tone } = notificationLook(item);
  const title = notificationTitle(item);
  const isUnread = item.read_at === null;
  const markRead = () => {
    if (isUnread) void inbox.markRead(item.id);
  };
  return (
    <li className="notification" data-unread={isUnread}>
      <span className="event-icon" data-tone={tone}>
        <Icon size={15} aria-hidden="true" />
      </span>
      <div className="notification-text">
        <strong className="wrap">
          <bdi>{title}</bdi>
          {isUnread && <span className="visually-hidden"> (unread)</span>}
        </strong>
        {item.body !== undefined && (
          <p className="wrap" dir="auto">
            {item.body}
          </p>
        )}
        <Origin item={item} />
        <NotificationAction
          actionUrl={item.action_url}
          title={title}
          onTaken={(isLeaving) => {
            markRead();
            if (isLeaving) close();
          }}
        />
      </div>
      <div className="notification-tools">
        {isUnread && (
          <IconButton
            size="s"
            label={`Mark “${isolated(title)}” as read`}
            data-does="read"
            onClick={({ currentTarget }) => {
              passFocusOn(currentTarget);
              markRead();
            }}
          >
            <Check size={15} aria-hidden="true" />
          </IconButton>
        )}
        <IconButton
          size="s"
          label={`Delete “${isolated(title)}”`}
          data-does="delete"
          onClick={({ currentTarget }) => {
            passFocusOn(currentTarget);
            void inbox.remove(item.id);
          }}
        >
          <X size={15} aria-hidden="true" />
        </IconButton>
      </div>
    </li>
  );
}

/** The sender, the organization and the time. */
function Origin({ item }: { item: NotificationItem }) {
  const personOf = usePeopleAnywhere();
  const { from, org_id: orgId } = item;
  const orgName = useOrganizationName(typeof orgId === 'string' ? orgId : null);
  const parts = [typeof from === 'string' ? personOf(from).name : null, orgName].filter((part) => part !== null);
  return (
    <div className="notification-origin">
      {parts.map((part) => (
        <span key={part} className="truncate">
          {isolated(part)}
        </span>
      ))}
      <Time value={item.timestamp} />
    </div>
  );
}
