import type { Case } from './index.ts';

const formats: readonly string[] = ['gzip', 'deflate', 'deflate-raw'];

/** Through a stream and back to one array. */
const through = (stream: string, bytes: string): string =>
  `await new Response(new Blob([${bytes}]).stream().pipeThrough(${stream})).bytes()`;

const helloGzip =
  'new Uint8Array([31, 139, 8, 0, 0, 0, 0, 0, 0, 3, 203, 72, 205, 201, 201, 7, 0, 134, 166, 16, 54, 5, 0, 0, 0])';

export const compressionCases: readonly Case[] = [
  ...formats.flatMap((format): Case[] => [
    `const c = ${through(`new CompressionStream('${format}')`, `'hello'.repeat(100)`)}; const d = ${through(`new DecompressionStream('${format}')`, 'c')}; return [c.length < 60, new TextDecoder().decode(d) === 'hello'.repeat(100)]`,
    `const c = ${through(`new CompressionStream('${format}')`, `''`)}; return (${through(`new DecompressionStream('${format}')`, 'c')}).length`,
    `const big = Uint8Array.from({ length: 100000 }, (_, i) => (i * i) >> 3); const c = ${through(`new CompressionStream('${format}')`, 'big')}; const d = ${through(`new DecompressionStream('${format}')`, 'c')}; return d.length === big.length && d.every((b, i) => b === big[i])`,
    `const c = ${through(`new CompressionStream('${format}')`, `'hello'`)}; return ${through(`new DecompressionStream('${format}')`, 'c.subarray(0, c.length - 2)')}`,
    `const c = ${through(`new CompressionStream('${format}')`, `'hello'`)}; return ${through(`new DecompressionStream('${format}')`, '[...c].length && new Uint8Array([...c, 0])')}`,
    `return ${through(`new DecompressionStream('${format}')`, 'new Uint8Array([255, 255, 255, 255])')}`,
    `return ${through(`new DecompressionStream('${format}')`, `''`)}`,
    `const c = ${through(`new CompressionStream('${format}')`, `'hello'`)}; const s = new ReadableStream({ start(k) { for (const b of c) k.enqueue(new Uint8Array([b])); k.close(); } }); return await new Response(s.pipeThrough(new DecompressionStream('${format}'))).text()`,
  ]),
  `new TextDecoder().decode(${through(`new DecompressionStream('gzip')`, helloGzip)})`,
  `const bad = ${helloGzip}; bad[18] ^= 1; return ${through(`new DecompressionStream('gzip')`, 'bad')}`,
  `const bad = ${helloGzip}; bad[22] ^= 1; return ${through(`new DecompressionStream('gzip')`, 'bad')}`,
  `new CompressionStream('br2')`,
  `new CompressionStream()`,
  `new DecompressionStream('zip')`,
  `const c = new CompressionStream('gzip'); return [c.readable instanceof ReadableStream, c.writable instanceof WritableStream, Object.prototype.toString.call(c)]`,
  `const out = []; for await (const t of new Blob([new Uint8Array([0xe2, 0x82, 0xac])]).stream().pipeThrough(new TextDecoderStream())) out.push(t); return out`,
  `const s = new ReadableStream({ start(c) { for (const b of [0xe2, 0x82, 0xac, 0x61]) c.enqueue(new Uint8Array([b])); c.close(); } }); const out = []; for await (const t of s.pipeThrough(new TextDecoderStream())) out.push(t); return out`,
  `const s = new ReadableStream({ start(c) { c.enqueue(new Uint8Array([0xff])); c.close(); } }); for await (const t of s.pipeThrough(new TextDecoderStream('utf-8', { fatal: true }))) ;`,
  `const s = new ReadableStream({ start(c) { c.enqueue('a'); c.enqueue('\\ud83d'); c.enqueue('\\ude00'); c.enqueue(''); c.close(); } }); const out = []; for await (const t of s.pipeThrough(new TextEncoderStream())) out.push(...t); return out`,
  `const s = new ReadableStream({ start(c) { c.enqueue('\\ud83d'); c.close(); } }); const out = []; for await (const t of s.pipeThrough(new TextEncoderStream())) out.push(...t); return out`,
  `const d = new TextDecoderStream('utf-16le', { ignoreBOM: true }); return [d.encoding, d.fatal, d.ignoreBOM, new TextEncoderStream().encoding]`,
  `new TextDecoderStream('nope')`,
];
