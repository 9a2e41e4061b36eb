/**
 * A gateway's path. It is matched against the raw request target, segment by segment and case-sensitively; the trailing
 * slash is optional.
 *
 * Nothing is normalised or decoded, so a proxy in front sees the same path as we do: dot segments, empty segments,
 * encoded slashes or dots, and absolute targets match no route.
 */
export class Route {
  private readonly segments: readonly string[];

  /** @param path such as `/ws/events/:org_id` */
  constructor(readonly path: string) {
    this.segments = split(path);
  }

  /** What identifies it in metrics and lists of connections: `events` for `/ws/events/:org_id`. */
  get name(): string {
    const words = this.segments.filter((segment) => segment !== 'ws' && !segment.startsWith(':'));
    return words.join('.') || this.path;
  }

  /** @returns the parameters, or null if the path does not match */
  match(path: string): Record<string, string> | null {
    if (!path.startsWith('/')) return null;
    const segments = split(path);
    if (segments.length !== this.segments.length) return null;
    const params: Record<string, string> = {};
    for (const [index, expected] of this.segments.entries()) {
      const segment = segments[index] ?? '';
      if (expected.startsWith(':')) {
        if (!isParameter(segment)) return null;
        params[expected.slice(1)] = segment;
      } else if (segment !== expected) {
        return null;
      }
    }
    return params;
  }
}

function split(path: string): string[] {
  return path.slice(1).replace(/\/$/, '').split('/');
}

function isParameter(segment: string): boolean {
  return segment !== '' && !/^(?:\.|%2e){1,2}$/i.test(segment) && !/%2f|%5c|\\/i.test(segment);
}
