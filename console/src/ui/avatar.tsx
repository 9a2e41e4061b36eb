interface AvatarProps {
  /** Determines the colour. */
  id: string;
  name: string;
  isOnline?: boolean;
  size?: 's' | 'm';
  shape?: 'round' | 'square';
}

/** Initials on a colour. Decorative: the name is shown beside it. */
export function Avatar({ id, name, isOnline = false, size = 'm', shape = 'round' }: AvatarProps) {
  return (
    <span
      className="avatar"
      data-online={isOnline}
      data-size={size}
      data-shape={shape}
      style={{ '--hue': hueOf(id) }}
      data-initials={initialsOf(name)}
      aria-hidden="true"
    />
  );
}

function hueOf(id: string): number {
  let hash = 7;
  for (const character of id) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 3_600;
  return hash / 10;
}

function initialsOf(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter((word) => word !== '');
  const [first = '?', second] = words;
  const [a, b] = Array.from(first);
  const initials = [a, second === undefined ? b : Array.from(second)[0]];
  return initials.join('').toUpperCase();
}
