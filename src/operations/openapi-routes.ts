import type { INestApplication, Type } from '@nestjs/common';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';

/** The places that hold a route's decorators: its handler and its controller. */
export type DecoratedRoute = [handler: () => unknown, controller: Type];

/**
 * The name of a route's method in generated clients: the handler's name if it has several words, else the handler's name completed
 * by the controller's: `OrganizationsController` has `listOrganizations` and `createOrganization`.
 */
export function operationIdOf(controllerName: string, handlerName: string): string {
  if (/[A-Z]/.test(handlerName)) return handlerName;
  const noun = controllerName.replace(/Controller$/, '');
  return handlerName + (handlerName === 'list' ? noun : noun.replace(/s$/, ''));
}

/**
 * The handlers of all controllers by their operation ids.
 * @throws {Error} if two have the same id
 */
export function routesByOperationId(app: INestApplication): Map<string, DecoratedRoute> {
  const routes = new Map<string, DecoratedRoute>();
  for (const controller of controllersOf(app)) {
    const prototype = controller.prototype as Record<string, () => unknown>;
    for (const name of new MetadataScanner().getAllMethodNames(prototype)) {
      const [handler, id] = [prototype[name], operationIdOf(controller.name, name)];
      // Skips methods that are not handlers.
      if (handler === undefined || !Reflect.hasMetadata('path', handler)) continue;
      if (routes.has(id))
        throw new Error(`${controller.name}.${name}: another route has the operation id ${id}; rename the method`);
      routes.set(id, [handler, controller]);
    }
  }
  return routes;
}

function controllersOf(app: INestApplication): Type[] {
  const modules = [...app.get(ModulesContainer).values()];
  const wrappers = modules.flatMap(({ controllers }) => [...controllers.values()]);
  return wrappers.flatMap(({ metatype }) => (typeof metatype === 'function' ? [metatype as Type] : []));
}
