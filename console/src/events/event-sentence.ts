import { type EventFrame, isEvent } from '@herald/client';
import {
  CircleAlert,
  FilePen,
  FilePlus,
  FileX,
  Gauge,
  type LucideIcon,
  Megaphone,
  UserMinus,
  UserPlus,
  Zap,
} from 'lucide-react';
import { severityTone } from '../notifications/notification-look.js';
import type { Tone } from '../ui/badge.js';
import { isolated } from '../ui/isolated.js';

/** An event in words: its subject, and what happened. */
export interface EventSentence {
  icon: LucideIcon;
  tone: Tone;
  subject: string;
  text: string;
}

type NameOf = (userId: string) => string;

/** Puts an event into words. An application's own event is shown by its type and first fields. */
export function eventSentence(event: EventFrame, nameOf: NameOf): EventSentence {
  return resourceSentence(event) ?? memberSentence(event, nameOf) ?? warningSentence(event) ?? ownSentence(event);
}

function resourceSentence(event: EventFrame): EventSentence | null {
  if (isEvent(event, 'resource.created')) {
    const { resource_name, sensitivity } = event.data;
    const text = sensitivity === 'normal' ? 'was created' : `was created (${sensitivity})`;
    return { icon: FilePlus, tone: 'ok', subject: resource_name, text };
  }
  if (isEvent(event, 'resource.updated')) {
    return { icon: FilePen, tone: 'accent', subject: event.data.resource_name, text: 'was updated' };
  }
  if (isEvent(event, 'resource.deleted')) {
    return { icon: FileX, tone: 'danger', subject: event.data.resource_name, text: 'was deleted' };
  }
  return null;
}

function memberSentence(event: EventFrame, nameOf: NameOf): EventSentence | null {
  if (isEvent(event, 'member.joined')) {
    const { user_id, user_email, role } = event.data;
    const name = nameOf(user_id);
    const subject = name === user_id ? (user_email ?? name) : name;
    return { icon: UserPlus, tone: 'ok', subject, text: `joined as ${role === 'member' ? 'a member' : `an ${role}`}` };
  }
  if (isEvent(event, 'member.left')) {
    return { icon: UserMinus, tone: 'warn', subject: nameOf(event.data.user_id), text: 'left the organization' };
  }
  return null;
}

function warningSentence(event: EventFrame): EventSentence | null {
  if (isEvent(event, 'system.alert')) {
    const { message, severity } = event.data;
    const icon = severity === 'critical' ? CircleAlert : Megaphone;
    return { icon, tone: severityTone(severity), subject: 'System alert:', text: message };
  }
  if (isEvent(event, 'quota.warning')) {
    const { used, limit, percent } = event.data;
    const tone = percent >= 100 ? 'danger' : 'warn';
    return { icon: Gauge, tone, subject: 'Quota:', text: `${used} of ${limit} resources used (${percent}%)` };
  }
  return null;
}

const SHOWN_FIELDS = 3;

function ownSentence({ event_type, data }: EventFrame): EventSentence {
  const fields = Object.entries(data).flatMap(([name, value]) => {
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    return isPlain ? [`${isolated(name)} ${isolated(String(value))}`] : [];
  });
  return { icon: Zap, tone: 'plain', subject: event_type, text: fields.slice(0, SHOWN_FIELDS).join(', ') };
}
