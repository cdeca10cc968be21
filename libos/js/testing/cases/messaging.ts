import type { Case } from './index.ts';

export const messagingCases: readonly Case[] = [
  `const { port1, port2 } = new MessageChannel(); const got = new Promise((r) => { port2.onmessage = (e) => r(e.data); }); port1.postMessage({ a: [1] }); const v = await got; port1.close(); return v`,
  `const { port1, port2 } = new MessageChannel(); const out = []; const done = new Promise((r) => { port2.onmessage = (e) => { out.push(e.data); if (out.length === 3) r(); }; }); port1.postMessage(1); port1.postMessage(2); port1.postMessage(3); await done; port1.close(); return out`,
  `const { port1, port2 } = new MessageChannel(); let sync = true; const got = new Promise((r) => { port2.onmessage = () => r(sync); }); port1.postMessage(1); sync = false; const v = await got; port1.close(); return v`,
  `const { port1 } = new MessageChannel(); try { port1.postMessage(() => 1); } catch (e) { return e.name; }`,
  `const { port1, port2 } = new MessageChannel(); const b = new ArrayBuffer(3); const got = new Promise((r) => { port2.onmessage = (e) => r(e.data.byteLength); }); port1.postMessage(b, [b]); const v = [await got, b.byteLength]; port1.close(); return v`,
  `const { port1, port2 } = new MessageChannel(); const got = new Promise((r) => { port2.addEventListener('message', (e) => r(e.data)); port2.start(); }); port1.postMessage('late'); const v = await got; port1.close(); return v`,
  [
    `const a = new MessageChannel(); const b = new MessageChannel(); const got = new Promise((r) => { a.port2.onmessage = (e) => { e.ports[0].onmessage = (m) => r(m.data); }; }); a.port1.postMessage(null, [b.port2]); b.port1.postMessage('via'); const v = await got; a.port1.close(); b.port1.close(); return v`,
    `"via"`,
  ],
  `new MessagePort()`,
  // Web IDL gives every interface its name as tag; Node's has none.
  [
    `const { port1, port2 } = new MessageChannel(); return [port1 instanceof MessagePort, port1 instanceof EventTarget, Object.prototype.toString.call(new MessageChannel())]`,
    `[true, true, "[object MessageChannel]"]`,
  ],
  `const { port1 } = new MessageChannel(); const first = port1.onmessageerror; const f = () => {}; port1.onmessageerror = f; const second = port1.onmessageerror === f; port1.onmessageerror = 5; return [first, second, port1.onmessageerror]`,
];
