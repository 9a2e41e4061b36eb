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
}

/** Stands where there is nothing to show, and says how something gets there. */
export function Empty({ icon: Icon, title, children, actions, isPage = false }: EmptyProps) {
  return (
    <div className="empty" data-page={isPage}>
      <span className="empty-icon">
        <Icon size={20} aria-hidden="true" />
      </span>
      {isPage ? <h1>{title}</h1> : <h3>{title}</h3>}
      <p className="wrap">{children}</p>
      {actions !== undefined && <div className="actions">{actions}</div>}
    </div>
  );
}
