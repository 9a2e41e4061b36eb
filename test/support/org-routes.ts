import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Express } from 'express';
import { API_PREFIX } from '../../src/http/configure-http.js';

/** A route of an organization: its method, and its path below `/api/v1` with parameters such as `:org_id`. */
export interface OrgRoute {
  method: string;
  path: string;
  /** `GET /orgs/:org_id`, as tables of tests name it. */
  key: string;
}

/** Every route below an organization, from the running application's own table: one that is added later is among them. */
export function orgRoutesOf(app: NestExpressApplication): OrgRoute[] {
  const { router }: Express = app.getHttpAdapter().getInstance();
  return router.stack
    .flatMap(({ route }) => (route === undefined ? [] : [route]))
    .filter(({ path }) => path.includes('/orgs/:') || path.includes(':org_id'))
    .flatMap(({ path, stack }) => stack.map(({ method }) => routeOf(method, path.slice(API_PREFIX.length))));
}

function routeOf(lowerCaseMethod: string, path: string): OrgRoute {
  const method = lowerCaseMethod.toUpperCase();
  return { method, path, key: `${method} ${path}` };
}

/** The values of a path's parameters, such as `org_id`. */
export type PathValues = Record<string, string>;

/** Puts values into a route's path as they are: encoding them is the caller's business. */
export function pathOf({ path }: Pick<OrgRoute, 'path'>, values: PathValues): string {
  return path.replace(/:(\w+)/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${path}: the test has no value for :${name}`);
    return value;
  });
}

export interface ExactAnswer {
  status: number;
  type: string;
  body: string;
}

/** Asks for a path exactly as it is written: `fetch` would resolve `..` before the server sees it. */
export async function askExactly(
  url: string,
  token: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<ExactAnswer> {
  const { hostname, port } = new URL(url);
  const content = body === undefined ? undefined : JSON.stringify(body);
  const headers = {
    Authorization: `Bearer ${token}`,
    ...(content === undefined
      ? {}
      : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(content) }),
  };
  return new Promise((resolve, reject) => {
    const call = request({ hostname, port, method, path: `${API_PREFIX}${path}`, headers }, (response) => {
      const type = response.headers['content-type'] ?? '';
      text(response).then((answer) => resolve({ status: response.statusCode ?? 0, type, body: answer }), reject);
    });
    call.on('error', reject);
    call.end(content);
  });
}
