import { describe, expect, it } from '@jest/globals';
import { Resource } from '../resources/resource.entity.js';
import { encode } from './export-encoding.js';
import type { ExportFormat } from './export.entity.js';

const AT = new Date('2025-01-15T10:30:00.123Z');

function resource(name: string, description: string | null = null): Resource {
  const values = {
    id: 'r1',
    orgId: 'o1',
    name,
    sensitivity: 'normal',
    description,
    createdAt: AT,
    updatedAt: AT,
  } as const;
  return Object.assign(new Resource(), values);
}

async function written(format: ExportFormat, ...batches: Resource[][]): Promise<string> {
  let text = '';
  for await (const piece of encode(format, inTurn(batches))) text += piece;
  return text;
}

async function* inTurn(batches: Resource[][]): AsyncGenerator<Resource[]> {
  for (const batch of batches) yield await Promise.resolve(batch);
}

describe('encode as CSV', () => {
  it('starts with the columns, even if there is nothing else', async () => {
    expect(await written('csv')).toBe('id,name,sensitivity,description,created_at,updated_at\n');
  });

  it('writes one record for each resource, across batches', async () => {
    const lines = (await written('csv', [resource('a'), resource('b')], [resource('c', 'd')])).split('\n');
    expect(lines.slice(1)).toEqual([
      'r1,a,normal,,2025-01-15T10:30:00.123Z,2025-01-15T10:30:00.123Z',
      'r1,b,normal,,2025-01-15T10:30:00.123Z,2025-01-15T10:30:00.123Z',
      'r1,c,normal,d,2025-01-15T10:30:00.123Z,2025-01-15T10:30:00.123Z',
      '',
    ]);
  });

  it('quotes text with commas, quotes and line breaks', async () => {
    expect(await written('csv', [resource('a,"b"', 'c\nd')])).toContain('r1,"a,""b""",normal,"c\nd",');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(1)', '\t=1'])('keeps spreadsheets from running %j', async (name) => {
    expect(await written('csv', [resource(name)])).toContain(`r1,'${name},normal`);
  });
});

describe('encode as JSON', () => {
  it('is an empty array without resources', async () => {
    expect(JSON.parse(await written('json'))).toEqual([]);
  });

  it('is one array across batches, with everything unchanged', async () => {
    const text = await written('json', [resource('=1+1'), resource('b')], [resource('c', 'd\n"e"')]);
    expect(JSON.parse(text)).toEqual([
      expect.objectContaining({ id: 'r1', name: '=1+1', description: null, created_at: AT.toISOString() }),
      expect.objectContaining({ name: 'b' }),
      expect.objectContaining({ name: 'c', description: 'd\n"e"', updated_at: AT.toISOString() }),
    ]);
  });
});
