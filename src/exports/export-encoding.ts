import { stringify } from 'csv-stringify/sync';
import type { Resource } from '../resources/resource.entity.js';
import type { ExportFormat } from './export.entity.js';

const COLUMNS = ['id', 'name', 'sensitivity', 'description', 'created_at', 'updated_at'] as const;

type ExportRecord = Record<(typeof COLUMNS)[number], string | null>;

/** Encodes batches of resources as the text of one file, one chunk for each batch. */
export function encode(format: ExportFormat, batches: AsyncIterable<Resource[]>): AsyncGenerator<string> {
  return format === 'csv' ? encodeCsv(batches) : encodeJson(batches);
}

/**
 * Spreadsheets run text that looks like a formula, and any member could have written it for another to open. So such text gets a
 * leading quote here; the JSON file is unchanged.
 */
async function* encodeCsv(batches: AsyncIterable<Resource[]>): AsyncGenerator<string> {
  yield stringify([COLUMNS]);
  for await (const batch of batches) {
    yield stringify(batch.map(toRecord), { columns: [...COLUMNS], escape_formulas: true });
  }
}

/** An array with one object on each line. */
async function* encodeJson(batches: AsyncIterable<Resource[]>): AsyncGenerator<string> {
  let separator = '[\n';
  for await (const batch of batches) {
    yield separator + batch.map((resource) => JSON.stringify(toRecord(resource))).join(',\n');
    separator = ',\n';
  }
  yield separator === '[\n' ? '[]\n' : '\n]\n';
}

function toRecord({ id, name, sensitivity, description, createdAt, updatedAt }: Resource): ExportRecord {
  return {
    id,
    name,
    sensitivity,
    description,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}
