import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';

const IMPORT = /^(?:import|export)\b[^;]*? from '(\.[^']+)\.js';/gm;

/** Which files of `src/` each of them imports, types included. ESLint's rule looks at values only. */
const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((name) =>
  /(?<!spec|e2e)\.ts$/.test(name),
);
const imports = new Map(
  files.map((name) => {
    const found = readFileSync(join('src', name), 'utf8').matchAll(IMPORT);
    return [name, [...found].map(([, path = '']) => join(dirname(name), `${path}.ts`))];
  }),
);

/** The way from a file back to itself; null if there is none. */
function circleFrom(start: string): string[] | null {
  const cameFrom = new Map<string, string>();
  const open = [start];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    for (const next of imports.get(file) ?? []) {
      if (next === start) return wayTo(file, cameFrom);
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      open.push(next);
    }
  }
  return null;
}

function wayTo(file: string | undefined, cameFrom: ReadonlyMap<string, string>): string[] {
  return file === undefined ? [] : [...wayTo(cameFrom.get(file), cameFrom), file];
}

it('no file of src imports itself by way of others, types included', () => {
  expect(imports.size).toBeGreaterThan(200);
  expect(files.map(circleFrom).filter((circle) => circle !== null)).toEqual([]);
});
