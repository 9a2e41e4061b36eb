/** A run of characters that a token may consist of: base64url and dots. */
const RUN = /[\w.-]+/g;
/** A JSON object in base64url starts like this, and so does every JSON web token (RFC 7519 section 3). */
const BEGINNING = 'eyJ';

/**
 * The path of a request target, for logs and answers: without the query, which may hold a token, and with anything that looks like a
 * token masked, as clients put tokens into paths by mistake.
 */
export function requestPath(target: string): string {
  const [path = ''] = target.split(/[?#]/, 1);
  return path.replace(RUN, redact);
}

/** Not a single pattern for a whole token, which takes a quarter of a second on a malicious path. */
function redact(run: string): string {
  const start = run.indexOf(BEGINNING);
  const mayBeToken = start !== -1 && run.slice(start).split('.').length >= 3;
  return mayBeToken ? `${run.slice(0, start)}[token]` : run;
}
