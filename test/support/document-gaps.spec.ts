import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Delete, Get, Param, Post } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ApiExcludeEndpoint, ApiOkResponse, ApiProperty } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import { setupDocs } from '../../src/operations/openapi.js';
import { bodyGaps, nameGaps, objectGaps, parameterGaps, propertyGaps, routeGaps } from './document-gaps.js';
import { DocumentedApi } from './documented-api.js';
import { routesOf } from './routes.js';

class BareDto {
  @ApiProperty()
  name: string;

  @ApiProperty({ type: Object, example: {} })
  data: object;
}

/** Adds nothing to what Nest documents by itself. */
@Controller('widgets')
class CarelessController {
  @Get(':id')
  get(@Param('id') id: string): string {
    return id;
  }

  @Post()
  @ApiOkResponse({ content: { 'application/json': {} } })
  make(@Body() body: BareDto): BareDto {
    return body;
  }

  @Delete(':org_id/:id')
  remove(): void {
    // Only its path matters.
  }

  @Delete()
  @ApiExcludeEndpoint()
  clear(): void {
    // Only its existence matters.
  }
}

describe('the tests of the OpenAPI document', () => {
  let app: NestExpressApplication;
  let api: DocumentedApi;

  beforeAll(async () => {
    const testing = await Test.createTestingModule({ controllers: [CarelessController] }).compile();
    app = testing.createNestApplication<NestExpressApplication>();
    setupDocs(app);
    await app.listen(0, '127.0.0.1');
    api = await DocumentedApi.of({ url: await app.getUrl() });
  });
  afterAll(() => app.close());

  it('report undocumented routes', () => {
    expect(routeGaps(api, routesOf(app))).toEqual([
      'DELETE /widgets is not documented: take @ApiExcludeEndpoint() or @ApiExcludeController() off',
    ]);
  });

  it('report what a route lacks', () => {
    expect(nameGaps(api)).toEqual(
      ['GET /widgets/{id}', 'POST /widgets', 'DELETE /widgets/{org_id}/{id}'].flatMap((key) => [
        `${key} has no summary: add @ApiOperation({ summary }) to its handler`,
        `${key} has the tag "Careless": explain it in TAGS (src/operations/openapi.ts), or take another in @ApiTags()`,
      ]),
    );
  });

  it('report undocumented parameters', () => {
    expect(parameterGaps(api)).toEqual([
      'GET /widgets/{id} does not describe id: give its decorator a description',
      'GET /widgets/{id}, id: the example is not as its schema: must be string {"type":"string"}',
      'DELETE /widgets/{org_id}/{id} does not document {org_id}: add @ForMembers() to its handler',
      'DELETE /widgets/{org_id}/{id} does not document {id}: add @UuidParam(), @UserIdParam() or @ApiParam() to its handler',
    ]);
  });

  it('report undocumented bodies', () => {
    expect(bodyGaps(api)).toEqual([
      'POST /widgets, 200 application/json: there is no schema: give its decorator a type',
      'POST /widgets, 200 application/json: there is no example: give the properties of its class some',
      expect.stringMatching(/^POST \/widgets, request application\/json: the example is not as its schema: .*name/),
    ]);
  });

  it('report properties without an example, and objects without properties', () => {
    expect([...propertyGaps(api), ...objectGaps(api)]).toEqual([
      'BareDto.name has no example: add one to its @ApiProperty',
      'data is an object of anything: give it a class, or say so by additionalProperties',
    ]);
  });
});
