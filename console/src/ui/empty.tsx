import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

interface EmptyProps {
  icon: LucideIcon;
  title: string;
  children: ReactNode;
  /** What can be done about it. */
  actions?: ReactNode;
  /** The heading of a page, rather than a part of one. */
  isPage?: boolean;
  /** Of its heading in a part of a page: 3 below the heading of a card. */
  level?: 2 | 3;
}

/** Stands where there is nothing to show, and says how something gets there. */
export function Empty({ icon: Icon, title, children, actions, isPage = false, level = 3 }: EmptyProps) {
  const Heading = isPage ? 'h1' : (`h${level}` as const);
  return (
    <div className="empty" data-page={isPage}>
      <span className="empty-icon">
        <Icon size={20} aria-hidden="true" />
      </span>
      <Heading>{title}</Heading>
      <p className="wrap">{children}</p>
      {actions !== undefined && <div className="actions">{actions}</div>}
    </div>
  );
}
