import { stringify } from 'csv-stringify/sync';
import type { Resource } from '../resources/resource.entity.js';
import type { ExportFormat } from './export.entity.js';

const COLUMNS = ['id', 'name', 'sensitivity', 'description', 'created_at', 'updated_at'] as const;

type ExportRecord = Record<(typeof COLUMNS)[number], string | null>;

/** Writes batches of resources as the text of one file, a piece a batch. */
export function encode(format: ExportFormat, batches: AsyncIterable<Resource[]>): AsyncGenerator<string> {
  return format === 'csv' ? encodeCsv(batches) : encodeJson(batches);
}

/**
 * Spreadsheets run what looks like a formula, and any member may have written it for another one to open. So here such
 * text gets a quote in front; the JSON file has everything unchanged.
 */
async function* encodeCsv(batches: AsyncIterable<Resource[]>): AsyncGenerator<string> {
  yield stringify([COLUMNS]);
  for await (const batch of batches) {
    yield stringify(batch.map(toRecord), { columns: [...COLUMNS], escape_formulas: true });
  }
}

/** An array with one object a line. */
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
