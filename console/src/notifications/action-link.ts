/** Where the `action_url` of a notification leads. */
export type ActionTarget =
  /** A page of the console. */
  | { kind: 'page'; path: string }
  /** A file that requires the token. */
  | { kind: 'download'; path: string }
  /** Any other address. */
  | { kind: 'link'; href: string };

const ORGANIZATION = /^\/api\/v1\/orgs\/([^/]+)$/;
const RESOURCE = /^\/api\/v1\/orgs\/([^/]+)\/resources\/([^/]+)$/;
const DOWNLOAD = /^\/api\/v1\/orgs\/[^/]+\/exports\/[^/]+\/download$/;

/** Null if the address isn't safe to open: senders may write anything, such as `javascript:`. */
export function actionTarget(actionUrl: unknown, origin: string): ActionTarget | null {
  if (typeof actionUrl !== 'string' || !URL.canParse(actionUrl, origin)) return null;
  const url = new URL(actionUrl, origin);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  if (url.origin !== origin) return { kind: 'link', href: url.href };

  const organization = ORGANIZATION.exec(url.pathname);
  if (organization !== null) return { kind: 'page', path: `/orgs/${organization[1]}` };
  const resource = RESOURCE.exec(url.pathname);
  if (resource !== null) return { kind: 'page', path: `/orgs/${resource[1]}/resources/${resource[2]}` };
  if (DOWNLOAD.test(url.pathname)) return { kind: 'download', path: url.pathname };
  return { kind: 'link', href: url.href };
}
