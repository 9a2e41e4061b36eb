/** Three parts of base64url, of which the first is a JSON object: how every JSON web token begins (RFC 7519 section 3). */
const TOKEN = /eyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/**
 * The path of a request target, for logs and answers: without the query, which may hold a token, and without what looks like
 * one, for nobody should put a token into a path, and somebody will.
 */
export function requestPath(target: string): string {
  const [path = ''] = target.split(/[?#]/, 1);
  return path.replace(TOKEN, '[token]');
}
