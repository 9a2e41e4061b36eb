import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Express } from 'express';

/** The pages about the API and the console. */
const PAGE = /^\/(docs|console\.json|$)/;

/** Every route of the running application but its pages, such as `GET /api/v1/orgs/{org_id}`. */
export function routesOf(app: NestExpressApplication): string[] {
  const { router }: Express = app.getHttpAdapter().getInstance();
  return router.stack.flatMap(({ route }) => {
    const methods = [...new Set(route?.stack.map(({ method }) => method.toUpperCase()))];
    // What answers every method is Nest's 404 of all other paths.
    if (route === undefined || PAGE.test(route.path) || methods.length > 1) return [];
    return methods.map((method) => `${method} ${route.path.replace(/:(\w+)/g, '{$1}')}`);
  });
}
