import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { completeOperations } from './openapi-operations.js';
import { PROBLEM_SCHEMA } from './openapi-problems.js';
import { operationIdOf, routesByOperationId } from './openapi-routes.js';
import { Schemas } from './openapi-schemas.js';

const DESCRIPTION = `The HTTP API. Its WebSocket side is described by [AsyncAPI](/docs/asyncapi.json). Get a token from your
identity provider, or in development from \`POST /dev/token\`, and enter it under *Authorize*.

Bodies are JSON, and errors are problem details (RFC 9457). A field or parameter that is not known is an error. Answers may get
further fields, which clients ignore. Lists come in pages: \`next_cursor\` is the \`cursor\` of the next page, and null on the last.`;

const TAGS = {
  organizations: 'What everything else belongs to',
  members: 'Who belongs to an organization, and in which role',
  resources: 'What organizations own',
  comments: 'What members say about resources',
  messages: 'From member to member',
  exports: 'Files made in the background',
  events: "An organization's live events, and who is connected to them",
  notifications: "A user's inbox",
  alerts: 'Of those who operate the system',
  realtime: 'Live connections',
  operations: 'For load balancers, orchestrators and Prometheus',
  development: 'Without an identity provider only; never in production',
};

/** Serves the HTTP API's document at `/docs/openapi.json` and a page to try it out at `/docs`. */
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
