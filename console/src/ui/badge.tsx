import type { ReactNode } from 'react';

export type Tone = 'plain' | 'accent' | 'ok' | 'warn' | 'danger';

export function Badge({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className="badge" data-tone={tone}>
      {children}
    </span>
  );
}
