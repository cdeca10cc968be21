/** A joined program as a debugger wants it: with its source map, and the sources in that. */
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bundle } from '@diatom/seal/bundle/bundle.ts';

export async function debuggable({ code, map }: Bundle): Promise<string> {
  const sourcesContent = await Promise.all(map.sources.map((source) => readFile(source, 'utf8').catch(() => null)));
  const sourceMap = JSON.stringify({
    version: 3,
    file: 'app.js',
    sources: map.sources.map((source) => (isAbsolute(source) ? pathToFileURL(source).href : source)),
    sourcesContent,
    names: map.names,
    mappings: map.mappings,
  });
  const encoded = Buffer.from(sourceMap).toString('base64');
  return `${code}//# sourceMappingURL=data:application/json;charset=utf-8;base64,${encoded}\n`;
}
