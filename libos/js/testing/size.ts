/** What a program that spells some words gets of this folder: files, and bytes after minifying. Run it for the table. */

import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { globals, links } from '../table.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export interface Carried {
  readonly sizeBytes: number;
  /** Relative to `libos/js`; of packages their names. */
  readonly files: readonly string[];
}

/** As the bundler does it: globals and links of the words, and what feeds the program requests. */
export async function carried(words: readonly string[]): Promise<Carried> {
  const at = (path: string): string => JSON.stringify(`${root}${path.replace('./', '')}`);
  const named = words.flatMap((word) => (globals[word] === undefined ? [] : [globals[word]]));
  const entry = [
    ...new Set(words.flatMap((word) => links[word] ?? [])).values().map((path) => `import ${at(path)};`),
    ...named.map(({ module, export: exported }, index) => `import { ${exported} as g${index} } from ${at(module)};`),
    `globalThis.kept = [${named.map((_, index) => `g${index}`).join()}];`,
  ].join('\n');
  await using build = await rolldown({
    input: 'size:entry',
    cwd: root,
    platform: 'browser',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'size:entry' ? { id, moduleSideEffects: true } : null),
        load: (id) => (id === 'size:entry' ? entry : null),
      },
    ],
  });
  const { output } = await build.generate({ format: 'es', codeSplitting: false, minify: true });
  const [chunk] = output;
  const files = Object.entries(chunk.modules)
    .filter(([id, module]) => id.startsWith('/') && (module.code ?? '').trim() !== '')
    .map(([id]) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? id.slice(root.length));
  return { sizeBytes: new TextEncoder().encode(chunk.code).length, files: [...new Set(files)].sort() };
}

/** Rows of docs/web-apis.md. */
const rows: readonly (readonly string[])[] = [
  ['Response'],
  ['Response', 'Headers', 'Request'],
  ['console'],
  ['setTimeout'],
  ['AbortController', 'AbortSignal', 'signal'],
  ['TextEncoder'],
  ['TextDecoder'],
  ['URL'],
  ['URLSearchParams'],
  ['URLPattern'],
  ['Blob', 'File'],
  ['FormData', 'formData'],
  ['ReadableStream', 'body'],
  ['TextDecoderStream', 'TextEncoderStream'],
  ['CompressionStream'],
  ['DecompressionStream'],
  ['structuredClone'],
  ['atob', 'btoa'],
  ['performance'],
  ['MessageChannel'],
  ['onerror'],
  ['fetch'],
  ['crypto'],
  ['crypto', 'subtle'],
  ['crypto', 'subtle', 'HMAC'],
  ['crypto', 'subtle', 'AES-GCM'],
  ['crypto', 'subtle', 'HKDF'],
  ['crypto', 'subtle', 'PBKDF2'],
  ['crypto', 'subtle', 'ECDSA'],
  ['crypto', 'subtle', 'Ed25519'],
  [...Object.keys(globals), ...Object.keys(links)],
];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const words of rows) {
    const { sizeBytes, files } = await carried(words);
    const label = words.length > 10 ? 'all' : words.join(' ');
    process.stdout.write(`${(sizeBytes / 1024).toFixed(1).padStart(7)} KB  ${label}  (${files.length} files)\n`);
  }
}
