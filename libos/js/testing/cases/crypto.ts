import type { Case } from './index.ts';

const bytes = (list: string): string => `new Uint8Array([${list}])`;
const text = (value: string): string => `new TextEncoder().encode('${value}')`;

const hashes: readonly string[] = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];

const p256Jwk = `{ kty: 'EC', crv: 'P-256', x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU', y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0', d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI' }`;
const edJwk = `{ kty: 'OKP', crv: 'Ed25519', d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }`;

const hmacKey = (usages: string, hash = 'SHA-256'): string =>
  `await crypto.subtle.importKey('raw', ${text('key')}, { name: 'HMAC', hash: '${hash}' }, true, [${usages}])`;

const publicPart = (jwk: string): string => `(({ d, ...rest }) => rest)(${jwk})`;

const ecImport = (usages: string): string =>
  `await crypto.subtle.importKey('jwk', ${p256Jwk}, { name: 'ECDSA', namedCurve: 'P-256' }, true, [${usages}])`;
const ecPublic = `await crypto.subtle.importKey('jwk', ${publicPart(p256Jwk)}, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify'])`;
const edImport = `await crypto.subtle.importKey('jwk', ${edJwk}, 'Ed25519', true, ['sign'])`;
const edPublic = `await crypto.subtle.importKey('jwk', ${publicPart(edJwk)}, 'Ed25519', true, ['verify'])`;
const aesKey = (size = 16): string =>
  `await crypto.subtle.importKey('raw', new Uint8Array(${size}), 'AES-GCM', true, ['encrypt', 'decrypt'])`;

export const cryptoCases: readonly Case[] = [
  ...hashes.map((hash) => `await crypto.subtle.digest('${hash}', ${text('abc')})`),
  ...hashes.map((hash) => `await crypto.subtle.digest('${hash}', new Uint8Array(0))`),
  ...hashes.map((hash) => `await crypto.subtle.digest({ name: '${hash.toLowerCase()}' }, new Uint8Array(300))`),
  `await crypto.subtle.digest('MD5', new Uint8Array(0))`,
  `await crypto.subtle.digest('SHA-256', 'text')`,
  `await crypto.subtle.digest({}, new Uint8Array(0))`,
  `await crypto.subtle.digest('SHA-256', new DataView(new ArrayBuffer(8), 2, 3))`,
  `const u = new Uint8Array(8); const r = crypto.getRandomValues(u); return [r === u, u.some((b) => b !== 0)]`,
  `crypto.getRandomValues(new Float32Array(1))`,
  `crypto.getRandomValues(new DataView(new ArrayBuffer(1)))`,
  // Web IDL: what is no ArrayBufferView is a TypeError before any step runs.
  [`crypto.getRandomValues([1])`, `throws TypeError`],
  `crypto.getRandomValues(new Uint8Array(65537))`,
  `crypto.getRandomValues(new BigUint64Array(2)).length`,
  `/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())`,
  `crypto.randomUUID() === crypto.randomUUID()`,
  `[crypto instanceof Crypto, crypto.subtle instanceof SubtleCrypto, crypto.subtle === crypto.subtle, Object.prototype.toString.call(crypto)]`,
  `new Crypto()`,
  `new CryptoKey()`,
  `new SubtleCrypto()`,
  ...hashes.map((hash) => `await crypto.subtle.sign('HMAC', ${hmacKey(`'sign'`, hash)}, ${text('message')})`),
  `const k = ${hmacKey(`'sign', 'verify'`)}; const s = await crypto.subtle.sign('HMAC', k, ${text('m')}); return [await crypto.subtle.verify('HMAC', k, s, ${text('m')}), await crypto.subtle.verify('HMAC', k, s, ${text('n')}), await crypto.subtle.verify('HMAC', k, s.slice(1), ${text('m')})]`,
  `const k = ${hmacKey(`'verify', 'sign'`)}; return [k.type, k.extractable, k.algorithm.name, k.algorithm.hash.name, k.algorithm.length, k.usages, Object.prototype.toString.call(k)]`,
  `await crypto.subtle.exportKey('jwk', ${hmacKey(`'sign'`)})`,
  `await crypto.subtle.exportKey('raw', ${hmacKey(`'sign'`)})`,
  `await crypto.subtle.exportKey('spki', ${hmacKey(`'sign'`)})`,
  `await crypto.subtle.sign('HMAC', ${hmacKey(`'verify'`)}, ${text('m')})`,
  `await crypto.subtle.sign('HMAC', {}, ${text('m')})`,
  hmacKey(''),
  hmacKey(`'encrypt'`),
  hmacKey(`'nonsense'`),
  `await crypto.subtle.importKey('raw', ${text('k')}, 'HMAC', true, ['sign'])`,
  `await crypto.subtle.importKey('raw', ${text('k')}, { name: 'HMAC', hash: 'MD5' }, true, ['sign'])`,
  `await crypto.subtle.importKey('nope', ${text('k')}, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])`,
  `await crypto.subtle.importKey('raw', new Uint8Array(0), { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])`,
  `await crypto.subtle.importKey('jwk', { kty: 'oct', k: 'a2V5' }, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']).then((k) => crypto.subtle.exportKey('raw', k))`,
  `await crypto.subtle.importKey('jwk', { kty: 'oct', k: 'a2V5', alg: 'HS512' }, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])`,
  `await crypto.subtle.importKey('jwk', { kty: 'RSA', k: 'a2V5' }, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])`,
  `await crypto.subtle.importKey('jwk', { kty: 'oct', k: 'a2V5', key_ops: ['verify'] }, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])`,
  `await crypto.subtle.importKey('jwk', { kty: 'oct', k: 'a2V5', ext: false }, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign'])`,
  `const k = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-512' }, true, ['sign']); return [k.algorithm.length, (await crypto.subtle.exportKey('raw', k)).byteLength]`,
  `await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, [])`,
  `const k = await crypto.subtle.importKey('raw', ${text('k')}, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']); return await crypto.subtle.exportKey('raw', k)`,
  `await crypto.subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, ${aesKey()}, ${text('hello')})`,
  `await crypto.subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12), additionalData: ${text('aad')} }, ${aesKey(32)}, ${text('hello')})`,
  `const k = ${aesKey()}; const a = { name: 'AES-GCM', iv: new Uint8Array(12) }; return await crypto.subtle.decrypt(a, k, await crypto.subtle.encrypt(a, k, ${text('round trip')}))`,
  `const k = ${aesKey()}; const a = { name: 'AES-GCM', iv: new Uint8Array(12) }; const c = new Uint8Array(await crypto.subtle.encrypt(a, k, ${text('x')})); c[0] ^= 1; return await crypto.subtle.decrypt(a, k, c)`,
  `await crypto.subtle.decrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, ${aesKey()}, new Uint8Array(3))`,
  aesKey(15),
  `await crypto.subtle.encrypt({ name: 'AES-GCM' }, ${aesKey()}, new Uint8Array(1))`,
  `await crypto.subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12), tagLength: 7 }, ${aesKey()}, new Uint8Array(1))`,
  `await crypto.subtle.encrypt('HMAC', ${aesKey()}, new Uint8Array(1))`,
  `const k = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt']); return [k.algorithm.length, k.usages]`,
  `await crypto.subtle.generateKey({ name: 'AES-GCM', length: 100 }, true, ['encrypt'])`,
  `await crypto.subtle.exportKey('jwk', ${aesKey(32)})`,
  `const base = await crypto.subtle.importKey('raw', ${text('secret')}, 'HKDF', false, ['deriveBits']); return await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: ${bytes('1, 2')}, info: ${text('ctx')} }, base, 256)`,
  `const base = await crypto.subtle.importKey('raw', ${text('secret')}, 'HKDF', false, ['deriveKey']); const k = await crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-512', salt: new Uint8Array(0), info: new Uint8Array(0) }, base, { name: 'AES-GCM', length: 128 }, true, ['encrypt']); return await crypto.subtle.exportKey('raw', k)`,
  `await crypto.subtle.importKey('raw', ${text('secret')}, 'HKDF', true, ['deriveBits'])`,
  `const base = await crypto.subtle.importKey('raw', ${text('s')}, 'HKDF', false, ['deriveBits']); return await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info: new Uint8Array(0) }, base, 7)`,
  `const base = await crypto.subtle.importKey('raw', ${text('password')}, 'PBKDF2', false, ['deriveBits']); return await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: ${text('salt')}, iterations: 50 }, base, 256)`,
  `const base = await crypto.subtle.importKey('raw', ${text('password')}, 'PBKDF2', false, ['deriveBits', 'deriveKey']); const k = await crypto.subtle.deriveKey({ name: 'PBKDF2', hash: 'SHA-1', salt: ${text('salt')}, iterations: 2 }, base, { name: 'HMAC', hash: 'SHA-256', length: 256 }, true, ['sign']); return await crypto.subtle.exportKey('raw', k)`,
  `const base = await crypto.subtle.importKey('raw', ${text('p')}, 'PBKDF2', false, ['deriveBits']); return await crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: ${text('salt')}, iterations: 0 }, base, 256)`,
  `const k = ${ecImport(`'sign'`)}; const p = ${ecPublic}; const s = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, k, ${text('m')}); return [s.byteLength, await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, p, s, ${text('m')}), await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, p, s, ${text('n')})]`,
  // A signature that Node has made.
  `await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, ${ecPublic}, Uint8Array.from('4290260193dca9b96dfb771da819feebe5fc89152f3bfa08c77aee485c46e662114913e770fbd5e2c5994c8286543f1474ff4b70704cc62625b1a353d2bf36fe'.match(/../g), (h) => parseInt(h, 16)), ${text('m')})`,
  `const k = ${ecImport(`'sign'`)}; return [k.type, k.algorithm.name, k.algorithm.namedCurve, k.usages]`,
  `await crypto.subtle.exportKey('jwk', ${ecImport(`'sign'`)})`,
  `await crypto.subtle.exportKey('pkcs8', ${ecImport(`'sign'`)})`,
  `await crypto.subtle.exportKey('spki', ${ecPublic})`,
  `await crypto.subtle.exportKey('raw', ${ecPublic})`,
  `const d = await crypto.subtle.exportKey('pkcs8', ${ecImport(`'sign'`)}); const k = await crypto.subtle.importKey('pkcs8', d, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign']); return (await crypto.subtle.exportKey('jwk', k)).d`,
  `const d = await crypto.subtle.exportKey('spki', ${ecPublic}); const k = await crypto.subtle.importKey('spki', d, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify']); return (await crypto.subtle.exportKey('jwk', k)).x`,
  // §23.7.5: a private key has no raw format, an InvalidAccessError.
  [`await crypto.subtle.exportKey('raw', ${ecImport(`'sign'`)})`, `throws InvalidAccessError`],
  `await crypto.subtle.importKey('raw', new Uint8Array(65), { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify'])`,
  `await crypto.subtle.importKey('spki', new Uint8Array(65), { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify'])`,
  `await crypto.subtle.importKey('raw', new Uint8Array(65), 'ECDSA', true, ['verify'])`,
  ecImport(''),
  ecImport(`'verify'`),
  `const p = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify']); const s = await crypto.subtle.sign({ name: 'ECDSA', hash: { name: 'SHA-384' } }, p.privateKey, ${text('x')}); return [p.publicKey.extractable, p.privateKey.extractable, p.publicKey.usages, p.privateKey.usages, await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-384' }, p.publicKey, s, ${text('x')})]`,
  `await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, ${ecPublic}, new Uint8Array(64), ${text('m')})`,
  `await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, ${ecPublic}, new Uint8Array(5), ${text('m')})`,
  `await crypto.subtle.sign('Ed25519', ${edImport}, new Uint8Array(0))`,
  `await crypto.subtle.sign({ name: 'ed25519' }, ${edImport}, ${text('message')})`,
  `const s = await crypto.subtle.sign('Ed25519', ${edImport}, ${text('m')}); return [await crypto.subtle.verify('Ed25519', ${edPublic}, s, ${text('m')}), await crypto.subtle.verify('Ed25519', ${edPublic}, s, ${text('n')})]`,
  `await crypto.subtle.exportKey('pkcs8', ${edImport})`,
  `await crypto.subtle.exportKey('spki', ${edPublic})`,
  `await crypto.subtle.exportKey('raw', ${edPublic})`,
  `const { alg, ...jwk } = await crypto.subtle.exportKey('jwk', ${edImport}); return jwk`,
  `const d = await crypto.subtle.exportKey('pkcs8', ${edImport}); const k = await crypto.subtle.importKey('pkcs8', d, 'Ed25519', true, ['sign']); return (await crypto.subtle.exportKey('jwk', k)).x`,
  `const p = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify']); const s = await crypto.subtle.sign('Ed25519', p.privateKey, ${text('x')}); return await crypto.subtle.verify('Ed25519', p.publicKey, s, ${text('x')})`,
  `await crypto.subtle.verify('Ed25519', ${edPublic}, new Uint8Array(64), ${text('m')})`,
  `await crypto.subtle.importKey('raw', new Uint8Array(31), 'Ed25519', true, ['verify'])`,
  `const w = await crypto.subtle.importKey('raw', new Uint8Array(16), 'AES-GCM', true, ['wrapKey', 'unwrapKey']); const a = { name: 'AES-GCM', iv: new Uint8Array(12) }; const k = ${hmacKey(`'sign'`)}; const wrapped = await crypto.subtle.wrapKey('raw', k, w, a); const back = await crypto.subtle.unwrapKey('raw', wrapped, w, a, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']); return [wrapped, await crypto.subtle.exportKey('raw', back)]`,
  `await crypto.subtle.generateKey('Nope', true, ['sign'])`,
];
