import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

type PathItem = OpenAPIObject['paths'][string];
type Operation = NonNullable<PathItem['get']>;

const PROBLEM = {
  description: 'Any error (RFC 9457)',
  content: {
    'application/problem+json': {
      schema: {
        type: 'object',
        required: ['type', 'title', 'status', 'detail', 'instance'],
        properties: {
          type: { type: 'string', example: 'about:blank' },
          title: { type: 'string', example: 'Bad Request' },
          status: { type: 'integer', example: 400 },
          detail: { type: 'string' },
          instance: { type: 'string', description: 'The path that was asked for' },
          errors: {
            type: 'array',
            description: 'With status 400: what is wrong with which field',
            items: {
              type: 'object',
              required: ['field', 'message'],
              properties: { field: { type: 'string' }, message: { type: 'string' } },
            },
          },
        },
      },
    },
  },
};

const DESCRIPTION =
  'The HTTP API. Its WebSocket side is described by [AsyncAPI](/docs/asyncapi.json). Get a token from your identity ' +
  'provider, or in development from `POST /dev/token`, and enter it under *Authorize*.';

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
    .addSecurityRequirements('bearer')
    .build();
  const document = SwaggerModule.createDocument(app, options);
  document.components = { ...document.components, responses: { Problem: PROBLEM } };
  for (const [path, item] of Object.entries(document.paths)) {
    for (const operation of operationsOf(item)) describeErrors(operation, path);
  }
  return document;
}

function describeErrors(operation: Operation, path: string): void {
  operation.responses = { ...operation.responses, default: { $ref: '#/components/responses/Problem' } };
  // Outside the prefix nothing asks for a token.
  if (!path.startsWith('/api/')) operation.security = [];
}

function operationsOf({ get, post, put, patch, delete: remove }: PathItem): Operation[] {
  return [get, post, put, patch, remove].filter((operation) => operation !== undefined);
}
