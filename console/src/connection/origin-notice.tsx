import { TriangleAlert } from 'lucide-react';
import './connection.css';

/** Tells the operator why this page can't be live. */
export function OriginNotice() {
  return (
    <div role="alert" className="banner">
      <TriangleAlert size={16} aria-hidden="true" />
      <span>
        This server refuses live connections from pages at {location.origin}. Add it to <code>ALLOWED_ORIGINS</code> and
        restart the server.
      </span>
    </div>
  );
}
