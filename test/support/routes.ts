import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Express } from 'express';

/** The pages about the API and the console. */
const PAGE = /^\/(docs|console\.json|$)/;

/** All routes of the application except pages, such as `GET /api/v1/orgs/{org_id}`. */
export function routesOf(app: NestExpressApplication): string[] {
  const { router }: Express = app.getHttpAdapter().getInstance();
  return router.stack.flatMap(({ route }) => {
    const methods = [...new Set(route?.stack.map(({ method }) => method.toUpperCase()))];
    // The route that matches every method is Nest's 404 fallback.
    if (route === undefined || PAGE.test(route.path) || methods.length > 1) return [];
    return methods.map((method) => `${method} ${route.path.replace(/:(\w+)/g, '{$1}')}`);
  });
}
