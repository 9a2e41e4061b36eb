import { AtSign, Bell, CircleCheck, CircleX, type LucideIcon, Mail, Megaphone, Users } from 'lucide-react';
import type { Tone } from '../ui/badge.js';
import { isolated } from '../ui/isolated.js';

export interface Look {
  icon: LucideIcon;
  tone: Tone;
}

/** A Map, because senders choose the type: an object would also find inherited names. */
const LOOKS: ReadonlyMap<string, Look> = new Map([
  ['task.completed', { icon: CircleCheck, tone: 'ok' }],
  ['task.failed', { icon: CircleX, tone: 'danger' }],
  ['message.received', { icon: Mail, tone: 'accent' }],
  ['mention.received', { icon: AtSign, tone: 'accent' }],
]);
const ANY: Look = { icon: Bell, tone: 'plain' };

/** The icon and colour of a notification. */
export function notificationLook(notification: { type?: string; [field: string]: unknown }): Look {
  const { type = '', severity } = notification;
  if (type === 'system.alert') return { icon: Megaphone, tone: severityTone(severity) };
  if (type === '' && 'org_name' in notification) return { icon: Users, tone: 'ok' };
  return LOOKS.get(type) ?? ANY;
}

/** The title to show: being added to an organization names it. */
export function notificationTitle({ title, org_name }: { title: string; [field: string]: unknown }): string {
  const isAdded = title === 'Added to Organization' && typeof org_name === 'string';
  return isAdded ? `Added to ${isolated(org_name)}` : title;
}

export function severityTone(severity: unknown): Tone {
  if (severity === 'critical') return 'danger';
  return severity === 'warning' ? 'warn' : 'accent';
}
