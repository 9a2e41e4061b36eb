import { Compass } from 'lucide-react';
import { Link } from 'wouter';
import { Empty } from '../ui/empty.js';
import { usePageTitle } from '../ui/page-title.js';

export function NotFoundPage() {
  usePageTitle('Not found');
  return (
    <Empty
      icon={Compass}
      title="There is no such page"
      isPage
      actions={
        <Link href="/" className="button">
          To your organizations
        </Link>
      }
    >
      The address may be mistyped, or of a page that is no longer there.
    </Empty>
  );
}
