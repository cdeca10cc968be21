/** `diatom inspect` of a JavaScript application: an image has of the web what its program names, and nothing else. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Manifest } from '@diatom/libos/manifest';
import type { OriginSize } from '@diatom/seal/inspect/inspect.ts';
import { createImageStore } from '@diatom/tender';
import { readLayer } from './layers.ts';

const checkout = join(import.meta.dirname, '../..');
const main = join(checkout, 'cli/bin/diatom.mjs');

let home: string;
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'diatom-carried-'));
  // The engine is linked and compiled once for all tests of a checkout.
  const cache = join(checkout, '.cache/test');
  await mkdir(cache, { recursive: true });
  await symlink(cache, join(home, 'cache'));
});
after(() => rm(home, { recursive: true, force: true }));

/** Through a pipe that is read late, as in a shell. */
function diatom(...words: readonly string[]): string {
  const script = '"$0" "$@" | { sleep 0.1; cat; }';
  const { stdout, stderr } = spawnSync('sh', ['-c', script, process.execPath, main, ...words], {
    encoding: 'utf8',
    env: { ...process.env, DIATOM_HOME: home, NO_COLOR: '1' },
    maxBuffer: 2 ** 24,
  });
  assert.equal(stderr.replace(/^Built .*\n/, ''), '');
  return stdout;
}

interface Inspected {
  readonly manifest: Manifest;
  readonly origins: readonly OriginSize[];
}

async function inspected(name: string, program: string): Promise<Inspected & { readonly text: string }> {
  const file = join(home, `${name}.ts`);
  await writeFile(file, program);
  diatom('build', file, '-t', name, '--target', 'process');
  return { ...JSON.parse(diatom('inspect', name, '--json')), text: diatom('inspect', name) };
}

const program = "export default { fetch: () => new Response('hello') };";

/** What an image may leave out: a folder of libos/js or a package, and a text that is nowhere but in it. */
const parts: readonly (readonly [part: string, text: string])[] = [
  ['url', 'class URL'],
  ['urlpattern-polyfill', 'URLPattern'],
  ['web-streams-polyfill', 'ReadableStreamDefaultReader'],
  ['crypto', 'class CryptoKey'],
  ['@noble/ciphers', 'aes/gcm'],
  ['compression', 'Z_BINARY'],
  ['file', 'class Blob'],
  ['messaging', 'class MessagePort'],
  ['clone', 'could not be cloned'],
];

const partsOf = ({ manifest }: Inspected): readonly string[] => {
  const names = (manifest.modules ?? []).map(({ name }) => name);
  return parts
    .map(([part]) => part)
    .filter((part) => names.some((name) => name.startsWith(`diatom:${part}/`) || name.startsWith(`${part}/`)));
};

/** Not by a list alone: the bytes of the executable. */
async function textsIn(name: string): Promise<readonly string[]> {
  const store = createImageStore(join(home, 'images'));
  const stored = await store.get(name);
  assert.ok(stored !== undefined);
  const bytes = Buffer.from(await readLayer(store, stored, 'process'));
  return parts.filter(([, text]) => bytes.includes(text)).map(([part]) => part);
}

test('an application that uses only Response carries none of URL, streams, crypto', async () => {
  const image = await inspected('small', program);
  assert.match(image.text, /^ +\d+ +libos\/js +diatom:fetch\/response\.ts$/m);
  assert.deepEqual(partsOf(image), []);
  for (const [part] of parts) assert.doesNotMatch(image.text, new RegExp(` (?:diatom:)?${part}/`));
  assert.deepEqual(await textsIn('small'), []);
});

test('one that names them carries them: what the list says is what the image has', async () => {
  const image = await inspected(
    'large',
    `export default {
      async fetch(request: Request) {
        const bytes = await new Response(request.body).arrayBuffer();
        const { port1 } = new MessageChannel();
        await crypto.subtle.importKey('raw', bytes, 'AES-GCM', true, ['encrypt']);
        const parts = [new CompressionStream('gzip'), new Blob([bytes]), structuredClone(port1), new URLPattern('/')];
        return new Response(new URL(request.url).pathname + parts.length);
      },
    };`,
  );
  const all = parts.map(([part]) => part);
  assert.deepEqual(partsOf(image), all);
  assert.deepEqual(await textsIn('large'), all);
});

test('cryptography is machine code of its own, and only what is named of it', async () => {
  const image = await inspected(
    'hashing',
    `export default {
      async fetch(request: Request) {
        const key = await crypto.subtle.importKey('raw', new Uint8Array(32), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
        return new Response(await crypto.subtle.sign('HMAC', key, await request.arrayBuffer()));
      },
    };`,
  );
  const names = image.manifest.functions.map(({ name }) => name);
  assert.ok(names.some((name) => name.startsWith('libos/cryptography/')));
  assert.ok(image.manifest.functions.some(({ origin }) => origin === 'hacl'));
  assert.ok(!image.manifest.functions.some(({ origin }) => origin === 'app'));
  assert.ok(!names.some((name) => /P256|25519|Bignum/.test(name)), names.filter((name) => /hacl/.test(name)).join());
  const small = await inspected('plain', program);
  assert.ok(!small.manifest.functions.some(({ name }) => /crypto|hacl/i.test(name)));
});

test("the engine's functions are the engine's: nothing in the image is of unknown origin", async () => {
  const image = await inspected('origins', program);
  const origins = image.origins.map(({ origin }) => origin);
  assert.equal(origins[0], 'quickjs');
  assert.match(image.text, /^quickjs +\d+ +\d+$/m);
  // An application in JavaScript has no machine code of its own, so nothing may pass for it.
  assert.deepEqual(
    origins.filter((origin) => !/^(?:quickjs|libos|libos\/\w+|bindings\/process|seal|assemblyscript)$/.test(origin)),
    [],
  );
  for (const { name, origin } of image.manifest.functions) {
    assert.equal(name.startsWith('quickjs/'), origin === 'quickjs', name);
  }
});
