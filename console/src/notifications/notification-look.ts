import { AtSign, Bell, CircleCheck, CircleX, type LucideIcon, Mail, Megaphone, Users } from 'lucide-react';
import type { Tone } from '../ui/badge.js';

export interface Look {
  icon: LucideIcon;
  tone: Tone;
}

/** A map: senders choose the type, and an object has more names than it was given. */
const LOOKS: ReadonlyMap<string, Look> = new Map([
  ['task.completed', { icon: CircleCheck, tone: 'ok' }],
  ['task.failed', { icon: CircleX, tone: 'danger' }],
  ['message.received', { icon: Mail, tone: 'accent' }],
  ['mention.received', { icon: AtSign, tone: 'accent' }],
]);
const ANY: Look = { icon: Bell, tone: 'plain' };

/** The picture and colour of a notification, of any sender. */
export function notificationLook(notification: { type?: string; [field: string]: unknown }): Look {
  const { type = '', severity } = notification;
  if (type === 'system.alert') return { icon: Megaphone, tone: severityTone(severity) };
  if (type === '' && 'org_name' in notification) return { icon: Users, tone: 'ok' };
  return LOOKS.get(type) ?? ANY;
}

export function severityTone(severity: unknown): Tone {
  if (severity === 'critical') return 'danger';
  return severity === 'warning' ? 'warn' : 'accent';
}
