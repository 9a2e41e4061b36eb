/** The mark: an H with a live dot. */
export function Logo({ size = 26 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <path d="M10 9v14M22 9v14M10 16h12" stroke="#fff" strokeWidth="3.2" strokeLinecap="round" fill="none" />
      <circle cx="26" cy="6" r="4.5" fill="#3ddc97" stroke="var(--bg)" strokeWidth="2" />
    </svg>
  );
}
