import { Compass } from 'lucide-react';
import { Link } from 'wouter';
import { Empty } from '../ui/empty.js';
import { usePageTitle } from '../ui/page-title.js';

export function NotFoundPage() {
  usePageTitle('Not found');
  return (
    <Empty
      icon={Compass}
      title="Page not found"
      isPage
      actions={
        <Link href="/" className="button">
          Go to your organizations
        </Link>
      }
    >
      Check the address, or the page may have been removed.
    </Empty>
  );
}
