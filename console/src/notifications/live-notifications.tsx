import { useNotification } from '@herald/client/react';
import { useQueryClient } from '@tanstack/react-query';
import { keys } from '../api/keys.js';
import { useToast } from '../ui/toasts.js';
import { notificationLook, notificationTitle } from './notification-look.js';

/** Shows each notification as it arrives, and refetches what it is about. Alerts stay open, because the inbox doesn't keep them. */
export function LiveNotifications() {
  const client = useQueryClient();
  const toast = useToast();
  useNotification((notification) => {
    const { tone } = notificationLook(notification);
    const isAlert = notification.type === 'system.alert';
    toast({
      title: notificationTitle(notification),
      body: notification.body,
      tone: toastTone(tone),
      isSticky: isAlert,
    });

    const { org_id: orgId, resource_id: resourceId } = notification;
    if (typeof orgId !== 'string') return;
    if ('org_name' in notification) {
      void client.invalidateQueries({ queryKey: keys.organizations });
      void client.invalidateQueries({ queryKey: keys.organization(orgId) });
    }
    // Comments have no event of their own.
    if (typeof resourceId === 'string') void client.invalidateQueries({ queryKey: keys.comments(orgId, resourceId) });
  });
  return null;
}

function toastTone(tone: ReturnType<typeof notificationLook>['tone']): 'plain' | 'ok' | 'warn' | 'danger' {
  return tone === 'accent' ? 'plain' : tone;
}
