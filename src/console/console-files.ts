import { fileURLToPath } from 'node:url';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Response } from 'express';

/** The same from `src/` and from `dist/`: what `npm run build` has made of `console/`. */
const FOLDER = fileURLToPath(new URL('../../console/dist', import.meta.url));

/** Serves the console at `/`. */
export function serveConsole(app: NestExpressApplication): void {
  app.useStaticAssets(FOLDER, { redirect: false, setHeaders: cacheByName });
}

/** Files under `assets/` carry a hash of their content in their name; the page that names them is asked for each time. */
function cacheByName(response: Response, path: string): void {
  const isHashed = path.startsWith(`${FOLDER}/assets/`);
  response.setHeader('Cache-Control', isHashed ? 'public, max-age=31536000, immutable' : 'no-cache');
}
