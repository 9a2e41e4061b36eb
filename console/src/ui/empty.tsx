import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

interface EmptyProps {
  icon: LucideIcon;
  title: string;
  children: ReactNode;
  actions?: ReactNode;
  /** Fills the page, with its main heading. */
  isPage?: boolean;
  /** The heading level within a page: 3 below a card's heading. */
  level?: 2 | 3;
}

/** Shown where there is no content, with a hint on how to get some. */
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
