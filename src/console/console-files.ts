import { fileURLToPath } from 'node:url';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Response } from 'express';

/** The built console; the path is the same from `src/` and from `dist/`. */
const FOLDER = fileURLToPath(new URL('../../console/dist', import.meta.url));

/** Serves the console at `/`. */
export function serveConsole(app: NestExpressApplication): void {
  app.useStaticAssets(FOLDER, { redirect: false, setHeaders: cacheByName });
}

/** File names under `assets/` contain a content hash; the page that references them is always revalidated. */
function cacheByName(response: Response, path: string): void {
  const isHashed = path.startsWith(`${FOLDER}/assets/`);
  response.setHeader('Cache-Control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
}
