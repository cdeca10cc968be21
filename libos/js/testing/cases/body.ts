import type { Case } from './index.ts';

/** Both classes that have a body, and what flows between bodies and streams. */
export const bodyCases: readonly Case[] = [
  `const r = new Response('abc'); const p = [r.text(), r.text()]; return (await Promise.allSettled(p)).map((x) => x.status)`,
  `const r = new Response('abc'); return await new Response(r.body).text()`,
  `const r = new Response('abc'); r.body; return await r.text()`,
  `const r = new Response('abc'); const [a, b] = r.body.tee(); return [await new Response(a).text(), await new Response(b).text(), r.bodyUsed]`,
  `const up = new TransformStream({ transform(c, k) { k.enqueue(new TextEncoder().encode(new TextDecoder().decode(c).toUpperCase())); } }); return await new Response(new Response('abc').body.pipeThrough(up)).text()`,
  `const r = new Response('abc'); const reader = r.body.getReader({ mode: 'byob' }); const { value } = await reader.read(new Uint8Array(2)); return value`,
  `const r = new Response('abc'); const reader = r.body.getReader({ mode: 'byob' }); const out = []; for (;;) { const { value, done } = await reader.read(new Uint8Array(2)); if (done) break; out.push(...value); } return out`,
  `const r = new Response('abc'); const reader = r.body.getReader(); await reader.read(); reader.releaseLock(); return [r.bodyUsed, r.body.locked]`,
  `const r = new Response(''); return [r.body !== null, await r.text(), r.bodyUsed]`,
  `const r = new Response('x'); await r.arrayBuffer(); return await r.json().catch((e) => e.name)`,
  `const s = new ReadableStream({ start(c) { c.enqueue(new Uint8Array([1])); c.enqueue(new Uint8Array([2, 3])); c.close(); } }); return await new Response(s).bytes()`,
  `let n = 0; const s = new ReadableStream({ pull(c) { if (n++ < 3) c.enqueue(new Uint8Array([n])); else c.close(); } }); return await new Response(s).arrayBuffer()`,
  `const s = new ReadableStream({ start(c) { c.enqueue(new Uint8Array([1])); c.close(); } }); await s.getReader().read(); new Response(s)`,
  `const r = new Response(new Blob(['a', 'b'])); return await r.text()`,
  `const out = []; for await (const c of new Blob(['héllo']).stream()) out.push(...c); return out`,
  `const r = new Response('abc'); const c = r.clone(); await r.text(); return [r.bodyUsed, c.bodyUsed, await c.text()]`,
  `const b = await new Response('abc').bytes(); return b instanceof Uint8Array`,
  `const u = await new Response(new Uint8Array([1, 2])).arrayBuffer(); return u.byteLength`,
  `const r = new Response(new Uint8Array([123, 125])); return await r.json()`,
  `const fd = new FormData(); fd.append('x', new File(['1\\r\\n2'], 'é.txt')); const back = (await new Response(fd).formData()).get('x'); return [back.name, await back.text(), back.type]`,
  `(await new Response(new URLSearchParams('a=1&a=2')).formData()).getAll('a')`,
  `await new Response('abc', { headers: { 'content-type': 'text/plain' } }).formData()`,
  `await new Response('--b\\r\\nContent-Disposition: form-data; name=\\"a\\"; filename=\\"f\\"\\r\\nContent-Type: x/y\\r\\n\\r\\nzz\\r\\n--b--', { headers: { 'content-type': 'multipart/form-data; boundary=b' } }).formData().then((f) => [f.get('a').name, f.get('a').type, f.get('a').size])`,
];
