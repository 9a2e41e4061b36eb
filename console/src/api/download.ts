import type { Api } from './api.js';

/** Generous, for large files over slow lines. */
const PATIENCE_MS = 600_000;

/** Fetches a file with the token, which a plain link can't send, and saves it. */
export async function download(api: Api, path: string): Promise<string> {
  const response = await api.fetch(path, { patience: PATIENCE_MS });
  const name = nameOf(response.headers.get('Content-Disposition')) ?? 'download';
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // By then the browser has started the download.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  return name;
}

function nameOf(disposition: string | null): string | null {
  return /filename="([^"]+)"/.exec(disposition ?? '')?.[1] ?? null;
}
