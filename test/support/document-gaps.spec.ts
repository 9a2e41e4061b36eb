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

/** Documents what Nest finds out by itself, and nothing else. */
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
    // Only its path matters here.
  }

  @Delete()
  @ApiExcludeEndpoint()
  clear(): void {
    // Only that it is there matters here.
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

  it('say which route is not documented', () => {
    expect(routeGaps(api, routesOf(app))).toEqual([
      'DELETE /widgets is not documented: take @ApiExcludeEndpoint() or @ApiExcludeController() off',
    ]);
  });

  it('say what a route lacks', () => {
    expect(nameGaps(api)).toEqual(
      ['GET /widgets/{id}', 'POST /widgets', 'DELETE /widgets/{org_id}/{id}'].flatMap((key) => [
        `${key} has no summary: add @ApiOperation({ summary }) to its handler`,
        `${key} has the tag "Careless": explain it in TAGS (src/operations/openapi.ts), or take another in @ApiTags()`,
      ]),
    );
  });

  it('say which parameter is not described', () => {
    expect(parameterGaps(api)).toEqual([
      'GET /widgets/{id} does not describe id: give its decorator a description',
      'GET /widgets/{id}, id: the example is not as its schema: must be string {"type":"string"}',
      'DELETE /widgets/{org_id}/{id} does not document {org_id}: add @ForMembers() to its handler',
      'DELETE /widgets/{org_id}/{id} does not document {id}: add @UuidParam(), @UserIdParam() or @ApiParam() to its handler',
    ]);
  });

  it('say which body is not', () => {
    expect(bodyGaps(api)).toEqual([
      'POST /widgets, 200 application/json: there is no schema: give its decorator a type',
      'POST /widgets, 200 application/json: there is no example: give the properties of its class some',
      expect.stringMatching(/^POST \/widgets, request application\/json: the example is not as its schema: .*name/),
    ]);
  });

  it('say which property has no example, and which object could hold anything', () => {
    expect([...propertyGaps(api), ...objectGaps(api)]).toEqual([
      'BareDto.name has no example: add one to its @ApiProperty',
      'data is an object of anything: give it a class, or say so by additionalProperties',
    ]);
  });
});
