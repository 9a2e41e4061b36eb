/** Lets Node import TypeScript files of this repository, and provides `@jest/globals` outside Jest's sandbox. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const GLOBALS = new URL('./globals.mjs', import.meta.url).href;
/** Transpiled files are cached by content, so that later processes and runs only read them. */
const CACHE = new URL('../../node_modules/.cache/herald-translated/', import.meta.url);
const TYPESCRIPT = /\.tsx?$/;

/** Resolves `./x.js` in a TypeScript file to `./x.ts` or `./x.tsx`. */
export function resolve(specifier, context, next) {
  if (specifier === '@jest/globals') return { url: GLOBALS, format: 'module', shortCircuit: true };
  if (specifier.startsWith('.') && specifier.endsWith('.js')) {
    for (const ending of ['.ts', '.tsx']) {
      const source = new URL(specifier.replace(/\.js$/, ending), context.parentURL);
      if (existsSync(source)) return { url: source.href, format: 'module', shortCircuit: true };
    }
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  const { protocol, pathname } = new URL(url);
  if (protocol !== 'file:' || !TYPESCRIPT.test(pathname)) return next(url, context);
  const path = fileURLToPath(url);
  const source = await readFile(path, 'utf8');
  const key = createHash('sha256').update(path).update('\0').update(source).digest('hex').slice(0, 32);
  const cached = new URL(`${key}.mjs`, CACHE);
  const translated = await readFile(cached, 'utf8').catch(() => translate(source, path, cached));
  return { format: 'module', source: translated, shortCircuit: true };
}

async function translate(source, path, cached) {
  const { default: typescript } = await import('typescript');
  const { outputText } = typescript.transpileModule(source, {
    fileName: path,
    compilerOptions: {
      module: typescript.ModuleKind.ESNext,
      target: typescript.ScriptTarget.ES2023,
      jsx: typescript.JsxEmit.ReactJSX,
      inlineSourceMap: true,
      // As in tsconfig.json, for the metadata that Nest and TypeORM read at run time.
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      useDefineForClassFields: false,
    },
  });
  await mkdir(CACHE, { recursive: true });
  const part = new URL(`${cached.href}.${process.pid}`);
  await writeFile(part, outputText);
  await rename(part, cached);
  return outputText;
}
