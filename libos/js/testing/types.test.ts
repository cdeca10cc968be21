/** The ambient types declare what is there, with the members it has, and nothing that is not. Checked by tsc itself. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { globals } from '../table.ts';
import { interfaces, members } from './wintertc.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const compiler = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));

/** What tsc says about a program whose only types are ours: one line for each error. */
async function check(program: string, types: string): Promise<readonly string[]> {
  const directory = await mkdtemp(join(tmpdir(), 'diatom-types-'));
  try {
    await writeFile(join(directory, 'program.ts'), program);
    const compilerOptions = {
      target: 'esnext',
      lib: ['esnext'],
      types: [],
      module: 'nodenext',
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      skipLibCheck: false,
    };
    const files = ['program.ts', types].filter((file) => file !== '');
    await writeFile(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
    await promisify(execFile)(process.execPath, [compiler, '--pretty', 'false', '-p', directory]);
    return [];
  } catch (error) {
    if (!(error instanceof Error) || !('stdout' in error)) throw error;
    return String(error.stdout)
      .split('\n')
      .filter((line) => line !== '');
  } finally {
    await rm(directory, { recursive: true });
  }
}

const ambient = `${root}types/index.d.ts`;

test('every name of the table and of WinterTC is declared', async () => {
  const names = new Set([...Object.keys(globals), ...interfaces, ...members.filter((name) => !name.includes('.'))]);
  const program = [...names].map((name) => `export type T_${name} = typeof ${name};`).join('\n');
  assert.deepEqual(await check(program, ambient), []);
});

test('names that an image does not have are errors', async () => {
  const names = [
    'window',
    'document',
    'process',
    'Buffer',
    'require',
    'WebAssembly',
    'localStorage',
    'Worker',
    'Deno',
    'caches',
  ];
  const program = names.map((name) => `// @ts-expect-error\n${name};`).join('\n');
  assert.deepEqual(await check(`export {};\n${program}`, ambient), []);
});

test('a usual application compiles', async () => {
  const program = `
interface Env { readonly KEY: string }

export default {
  async fetch(request, env, context) {
    const url = new URL(request.url);
    context.waitUntil(Promise.resolve());
    if (url.pathname === '/sign') {
      const bytes = new TextEncoder().encode(await request.text());
      const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(env.KEY), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
      return new Response(await crypto.subtle.sign('HMAC', key, bytes));
    }
    if (url.pathname === '/stream') {
      const { readable, writable } = new TransformStream<string, string>();
      void writable.getWriter().write('x');
      return new Response(readable.pipeThrough(new TextEncoderStream()), { headers: { 'content-type': 'text/plain' } });
    }
    for (const [name, value] of request.headers) console.log(name, value);
    for await (const chunk of request.body ?? []) console.log(chunk.byteLength);
    const upstream = await fetch('https://example.com/', { signal: AbortSignal.timeout(100), method: 'POST', body: new FormData() });
    return Response.json({ ok: upstream.ok, id: crypto.randomUUID(), at: performance.now() });
  },
} satisfies Application<Env>;
`;
  assert.deepEqual(await check(program, ambient), []);
});

test('a handler that gives no Response is an error', async () => {
  const program = `export default { fetch: () => 'text' } satisfies Application;`;
  assert.equal((await check(program, ambient)).length, 1);
});

/** Classes of packages have their own types, and private members, which ours need not repeat. */
const ownClasses = Object.entries(globals).filter(
  ([name, { module }]) => /^[A-Z]/.test(name) && !module.startsWith('./streams/') && !module.startsWith('./pattern/'),
);

test('the classes have the members that the types declare, and no others', async () => {
  const program = [
    'type Same<Left, Right> = [Left] extends [Right] ? ([Right] extends [Left] ? true : false) : false;',
    // A key of ours that no program can spell says how a class becomes a body.
    'type Keys<Class extends { readonly prototype: unknown }> = Exclude<keyof Class["prototype"], symbol>;',
    ...ownClasses.map(
      ([name, { module }]) =>
        `export const ${name}_: Same<Keys<typeof ${name}>, Keys<typeof import('${root}${module.slice(2)}').${name}>> = true;`,
    ),
  ].join('\n');
  const errors = await check(program, ambient);
  assert.deepEqual(
    errors.filter((line) => line.startsWith('program.ts') || line.includes('/program.ts')),
    [],
  );
});
