/** Placeholder rows while the real ones load. */
export function SkeletonRows({ count = 4, label }: { count?: number; label: string }) {
  return (
    <div role="status" aria-label={label}>
      {Array.from({ length: count }, (_, index) => (
        <div key={index} className="skeleton-row" aria-hidden="true">
          <span className="skeleton" style={{ width: 30, height: 30, borderRadius: 15 }} />
          <span style={{ flex: 1, display: 'grid', gap: 8 }}>
            <span className="skeleton" style={{ width: `${60 - index * 7}%` }} />
            <span className="skeleton" style={{ width: `${36 - index * 4}%`, height: 10 }} />
          </span>
        </div>
      ))}
    </div>
  );
}
