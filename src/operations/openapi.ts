import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { completeOperations } from './openapi-operations.js';
import { PROBLEM_SCHEMA } from './openapi-problems.js';
import { operationIdOf, routesByOperationId } from './openapi-routes.js';
import { Schemas } from './openapi-schemas.js';

const DESCRIPTION = `The HTTP API. The WebSocket API has an [AsyncAPI document](/docs/asyncapi.json). Get a token from your
identity provider, or in development from \`POST /dev/token\`, and enter it under *Authorize*.

Bodies are JSON, and errors are problem details (RFC 9457). An unknown field or parameter is an error. Answers may gain further
fields, which clients should ignore. Lists are paginated: \`next_cursor\` is the \`cursor\` of the next page, and null on the last.`;

const TAGS = {
  organizations: 'Everything else belongs to an organization',
  members: 'The members of an organization, and their roles',
  resources: 'Resources of an organization',
  comments: 'Comments on resources',
  messages: 'Direct messages between members',
  exports: 'Exports of resources to files, made in the background',
  events: "An organization's live events, and who is connected to them",
  notifications: "A user's inbox",
  alerts: 'Alerts from operators to users',
  realtime: 'Live connections',
  operations: 'For load balancers, orchestrators and Prometheus',
  development: 'Available only without an identity provider; never in production',
};

/** Serves the HTTP API's document at `/docs/openapi.json`, and a page to try it out at `/docs`. */
export function setupDocs(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'docs/openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
    customSiteTitle: 'Herald: HTTP API',
    swaggerOptions: { persistAuthorization: true },
  });
}

function openApiDocument(app: INestApplication): OpenAPIObject {
  const options = new DocumentBuilder()
    .setTitle('Herald')
    .setDescription(DESCRIPTION)
    .setVersion('1.0')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' })
    .addSecurityRequirements('bearer');
  for (const [name, description] of Object.entries(TAGS)) options.addTag(name, description);
  const document = SwaggerModule.createDocument(app, options.build(), { operationIdFactory: operationIdOf });
  const schemas = { ...document.components?.schemas, Problem: PROBLEM_SCHEMA };
  document.components = { ...document.components, schemas };
  completeOperations(document, new Schemas(schemas), routesByOperationId(app));
  return document;
}
