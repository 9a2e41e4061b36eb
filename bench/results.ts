import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

const FILE = fileURLToPath(new URL('RESULTS.md', import.meta.url));

/**
 * Replaces a benchmark's section of `RESULTS.md` by what it has just measured.
 * @param name the benchmark's; the section's title
 */
export async function writeResults(name: string, lines: readonly string[]): Promise<void> {
  const [model = 'unknown processor'] = cpus().map(({ model }) => model.trim());
  const machine = `Node ${process.versions.node}, ${cpus().length} × ${model}, ${new Date().toISOString().slice(0, 10)}`;
  const section = [`## ${name}`, '', `\`npm run bench -- ${name}\`: ${machine}`, '', ...lines, ''].join('\n');
  const text = await readFile(FILE, 'utf8');
  const [head = '', ...sections] = text.split(/^(?=## )/m);
  const others = sections.filter((each) => !each.startsWith(`## ${name}\n`));
  const sorted = [...others, section].map((each) => `${each.trim()}\n`).toSorted();
  await writeFile(FILE, [`${head.trim()}\n`, ...sorted].join('\n'));
}

/** The lines of a Markdown table. */
export function table(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = titles.map((title, n) => Math.max(3, title.length, ...rows.map((row) => row[n]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(' | ')} |`;
  return [line(titles), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)];
}
