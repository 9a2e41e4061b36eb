import { useEffect, useState } from 'react';

const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'narrow' });
const FULL = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });
const DAY = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric', year: 'numeric' });

const MINUTE = 60;
const HOUR = 3_600;
const DAY_SECONDS = 86_400;
const TICK_MS = 10_000;

/** A relative time ("2 min. ago"), with the exact one in the tooltip. Text that isn't a time is shown as it is. */
export function Time({ value }: { value: string }) {
  const now = useNow();
  const time = Date.parse(value);
  if (Number.isNaN(time)) return <span className="wrap">{value}</span>;
  return (
    <time dateTime={value} title={FULL.format(time)}>
      {relative(time, now)}
    </time>
  );
}

function relative(time: number, now: number): string {
  const seconds = Math.round((time - now) / 1_000);
  const size = Math.abs(seconds);
  if (size < 10) return 'just now';
  if (size < MINUTE) return RELATIVE.format(seconds, 'second');
  if (size < HOUR) return RELATIVE.format(Math.trunc(seconds / MINUTE), 'minute');
  if (size < DAY_SECONDS) return RELATIVE.format(Math.trunc(seconds / HOUR), 'hour');
  if (size < 7 * DAY_SECONDS) return RELATIVE.format(Math.trunc(seconds / DAY_SECONDS), 'day');
  return DAY.format(time);
}

/** The current time, updated at this interval. */
export function useNow(everyMs = TICK_MS): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
