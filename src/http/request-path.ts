/** What a token consists of: parts of base64url, and the dots between them. */
const RUN = /[\w.-]+/g;
/** The first characters of a JSON object in base64url: how every JSON web token begins (RFC 7519 section 3). */
const BEGINNING = 'eyJ';

/**
 * The path of a request target, for logs and answers: without the query, which may hold a token, and without what looks like
 * one, for nobody should put a token into a path, and somebody will.
 */
export function requestPath(target: string): string {
  const [path = ''] = target.split(/[?#]/, 1);
  return path.replace(RUN, redact);
}

/** Not one pattern of a whole token: for a path that is made for it, that would take a quarter of a second. */
function redact(run: string): string {
  const start = run.indexOf(BEGINNING);
  const mayBeToken = start !== -1 && run.slice(start).split('.').length >= 3;
  return mayBeToken ? `${run.slice(0, start)}[token]` : run;
}
