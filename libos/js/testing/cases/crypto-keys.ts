/** Key agreement and RSA: what Node gives. */
import type { Case } from './index.ts';

const text = (value: string): string => `new TextEncoder().encode('${value}')`;
const hex = (digits: string): string => `Uint8Array.from('${digits}'.match(/../g), (d) => parseInt(d, 16))`;
const flipped = (signature: string, at: number): string =>
  `${signature}.map((byte, index) => (index === ${at} ? byte ^ 1 : byte))`;

/** One of 1024 bits, to be quick. */
const rsaJwk =
  "{ kty: 'RSA', n: 'mLq8T85DiMboYi7qjyrUsK9kNUZseNczvmi-t38DAfDa3D4LMs37c6xLW6tkIOPoWCLInFbLCgyLrFue6k0D7cjpqcUEaMhXntoupFhsKeUvtYzklZoWy775MfQIgZ5jKTr09SeMSUFx8VC7s0-a4_hmPdRZ-zm9fIWhoguPZrM', e: 'AQAB', d: 'V5nT5Rpz1gHwzFAIrbFtaSJQodYQ5YbZ4P8HVQx-1yAlCGp11eAbuA888gluVwch_1uEIVgPAWaMvoGWtuERvPDJJwyAi_K3b2EYUcGW_bRLKrPtTfuUYz1prw9NxUrYiJR4llAJK3PLoUg3SunyAe6HYZZlgPEmRd5lrE8qjLE', p: 'xkIEdKYB-kn3sGesh0hhocBeDqiAgoqco7JbopPa1Tp6yZqjVlGc3piyBieL9NTMdVqQVpuyi7ONqPxk0seMzw', q: 'xTYlZCYQQ6v6i4_W6PwDyl5kEjWWAV7jySbMV1WJs5XCatyHEdzYIQo4QCC2CTiBjv7fnd3xWntDdITNt62o3Q', dp: 'WSjdWhxCLW5QXtvxAhHyHk0lv4_V41803IVconu94UDgcYQCytH_Kzgeb5gfX-bHYEtvOBPjMuJ35bREH2qwjw', dq: 'qn8EVo_90bOWWSATCbwPPt7aH1AKjsbNobMUSJDgCs13ltFvSMcoZ3Ahb3eYSWJ7x_ebti0SI0qb59mEzL6rVQ', qi: 'FYOMzqQsjHLMcsdC_1pXuhLH3-Ek5v03gL-3GGAQJ0RT_sGjRMASI78iKviZV2S_2XNTDBMCRYKWMTX14OzBlQ' }";
const publicPart = `(({ n, e, kty }) => ({ n, e, kty }))(${rsaJwk})`;
const importRsa = (name: string, isPrivate: boolean, hash = 'SHA-256'): string =>
  `await crypto.subtle.importKey('jwk', ${isPrivate ? rsaJwk : publicPart}, { name: '${name}', hash: '${hash}' }, true, ['${isPrivate ? 'sign' : 'verify'}'])`;
const pkcs1 = 'RSASSA-PKCS1-v1_5';
/** A signature of "message" with 32 bytes of salt, by OpenSSL. */
const pssSignature = hex(
  '92070bb2f88c2212ffc3e2f8f780f622a56dd450df7a06302fa2c6a8844d213a2e5a2c317cd3936694b28904193312fcd14b5e25084e30babd7d2519c74035167033390ebb8e4e59139aa3a922d5a5a9089d9248b5013e2f8f6f145ca48255972c78ba0814bfef4648351af1ce859028521a95c5eda684a3aec48954d2907bca',
);

const hashes: readonly string[] = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'];

const rsaCases: readonly Case[] = [
  ...hashes.map((hash) => `await crypto.subtle.sign('${pkcs1}', ${importRsa(pkcs1, true, hash)}, ${text('message')})`),
  `await crypto.subtle.sign('${pkcs1}', ${importRsa(pkcs1, true)}, new Uint8Array(0))`,
  ...hashes.map(
    (hash) =>
      `const s = await crypto.subtle.sign('${pkcs1}', ${importRsa(pkcs1, true, hash)}, ${text('m')}); const k = ${importRsa(pkcs1, false, hash)}; return [await crypto.subtle.verify('${pkcs1}', k, s, ${text('m')}), await crypto.subtle.verify('${pkcs1}', k, s, ${text('n')}), await crypto.subtle.verify('${pkcs1}', k, s.slice(1), ${text('m')}), await crypto.subtle.verify('${pkcs1}', k, new Uint8Array([0, ...new Uint8Array(s)]), ${text('m')})]`,
  ),
  // As long as the modulus and larger than it.
  `await crypto.subtle.verify('${pkcs1}', ${importRsa(pkcs1, false)}, new Uint8Array(128).fill(255), ${text('m')})`,
  `await crypto.subtle.verify('${pkcs1}', ${importRsa(pkcs1, false)}, new Uint8Array(128), ${text('m')})`,
  `await crypto.subtle.verify('${pkcs1}', ${importRsa(pkcs1, false)}, new Uint8Array(0), ${text('m')})`,
  // Signed for another hash.
  `const s = await crypto.subtle.sign('${pkcs1}', ${importRsa(pkcs1, true, 'SHA-512')}, ${text('m')}); return await crypto.subtle.verify('${pkcs1}', ${importRsa(pkcs1, false)}, s, ${text('m')})`,
  `await crypto.subtle.verify({ name: 'RSA-PSS', saltLength: 32 }, ${importRsa('RSA-PSS', false)}, ${pssSignature}, ${text('message')})`,
  `await crypto.subtle.verify({ name: 'RSA-PSS', saltLength: 32 }, ${importRsa('RSA-PSS', false)}, ${pssSignature}, ${text('massage')})`,
  `await crypto.subtle.verify({ name: 'RSA-PSS', saltLength: 31 }, ${importRsa('RSA-PSS', false)}, ${pssSignature}, ${text('message')})`,
  `await crypto.subtle.verify({ name: 'RSA-PSS', saltLength: 32 }, ${importRsa('RSA-PSS', false, 'SHA-512')}, ${pssSignature}, ${text('message')})`,
  ...[0, 64, 127].map(
    (at) =>
      `await crypto.subtle.verify({ name: 'RSA-PSS', saltLength: 32 }, ${importRsa('RSA-PSS', false)}, ${flipped(pssSignature, at)}, ${text('message')})`,
  ),
  ...[0, 20, 94].map(
    (size) =>
      `const a = { name: 'RSA-PSS', saltLength: ${size} }; const s = await crypto.subtle.sign(a, ${importRsa('RSA-PSS', true)}, ${text('m')}); const k = ${importRsa('RSA-PSS', false)}; return [s.byteLength, await crypto.subtle.verify(a, k, s, ${text('m')}), await crypto.subtle.verify(a, k, s, ${text('n')})]`,
  ),
  `await crypto.subtle.sign({ name: 'RSA-PSS', saltLength: 95 }, ${importRsa('RSA-PSS', true)}, ${text('m')})`,
  `const k = ${importRsa(pkcs1, true)}; return [k.type, k.extractable, k.usages, k.algorithm.name, k.algorithm.modulusLength, k.algorithm.publicExponent, k.algorithm.hash.name]`,
  `await crypto.subtle.exportKey('pkcs8', ${importRsa(pkcs1, true)})`,
  `await crypto.subtle.exportKey('spki', ${importRsa(pkcs1, false)})`,
  `await crypto.subtle.exportKey('spki', ${importRsa(pkcs1, true)})`,
  `await crypto.subtle.exportKey('raw', ${importRsa(pkcs1, false)})`,
  ...[pkcs1, 'RSA-PSS'].flatMap((name) =>
    [true, false].map(
      (isPrivate) =>
        `const k = await crypto.subtle.exportKey('jwk', ${importRsa(name, isPrivate)}); return Object.keys(k).sort().map((name) => [name, k[name]])`,
    ),
  ),
  `const d = await crypto.subtle.exportKey('pkcs8', ${importRsa(pkcs1, true)}); const k = await crypto.subtle.importKey('pkcs8', d, { name: '${pkcs1}', hash: 'SHA-256' }, true, ['sign']); return await crypto.subtle.sign('${pkcs1}', k, ${text('m')})`,
  `const d = await crypto.subtle.exportKey('spki', ${importRsa(pkcs1, false)}); const k = await crypto.subtle.importKey('spki', d, { name: 'RSA-PSS', hash: 'SHA-256' }, true, ['verify']); return await crypto.subtle.verify({ name: 'RSA-PSS', saltLength: 32 }, k, ${pssSignature}, ${text('message')})`,
  `await crypto.subtle.importKey('spki', new Uint8Array(20), { name: '${pkcs1}', hash: 'SHA-256' }, true, ['verify'])`,
  `await crypto.subtle.importKey('pkcs8', new Uint8Array(20), { name: '${pkcs1}', hash: 'SHA-256' }, true, ['sign'])`,
  `await crypto.subtle.importKey('jwk', ${publicPart}, { name: '${pkcs1}', hash: 'SHA-256' }, true, ['sign'])`,
  `await crypto.subtle.importKey('jwk', ${rsaJwk}, { name: '${pkcs1}', hash: 'SHA-256' }, true, [])`,
  `await crypto.subtle.importKey('jwk', ${rsaJwk}, { name: '${pkcs1}' }, true, ['sign'])`,
  `await crypto.subtle.importKey('jwk', { ...${publicPart}, alg: 'RS512' }, { name: '${pkcs1}', hash: 'SHA-256' }, true, ['verify'])`,
  `await crypto.subtle.importKey('jwk', { ...${publicPart}, use: 'enc' }, { name: '${pkcs1}', hash: 'SHA-256' }, true, ['verify'])`,
  `await crypto.subtle.sign({ name: 'RSA-PSS', saltLength: 32 }, ${importRsa(pkcs1, true)}, ${text('m')})`,
  `await crypto.subtle.verify('${pkcs1}', ${importRsa(pkcs1, true)}, new Uint8Array(128), ${text('m')})`,
  // Not here, on purpose: finding primes takes an instance's time for itself.
  [
    `await crypto.subtle.generateKey({ name: '${pkcs1}', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }, true, ['sign', 'verify'])`,
    'throws NotSupportedError',
  ],
];

/** RFC 5903 §8.1: both sides. */
const initiator =
  "{ kty: 'EC', crv: 'P-256', d: 'yI8B9RDZrD9wopLaojFt5USaq4r-hAScYqnIYtEvNj0', x: '2tC2U5Qhz_m1Y1_jIDVMeCC8y6gvyrcWpc2oY8CXLCM', y: 'UmYNQEC9OFyw0Vi6s8x6CBuS2eNmDN-CvyqVsn7l6mU' }";
const agreements = [
  { name: 'ECDH', algorithm: "{ name: 'ECDH', namedCurve: 'P-256' }", bits: 256 },
  { name: 'X25519', algorithm: "{ name: 'X25519' }", bits: 256 },
] as const;

const agreementCases: readonly Case[] = agreements.flatMap(({ name, algorithm, bits }): readonly Case[] => {
  const pair = (extra = ''): string =>
    `const a = await crypto.subtle.generateKey(${algorithm}, true, ['deriveBits', 'deriveKey']); const b = await crypto.subtle.generateKey(${algorithm}, true, ['deriveBits', 'deriveKey']);${extra}`;
  const derive = (one: string, other: string, length: string): string =>
    `crypto.subtle.deriveBits({ name: '${name}', public: ${other}.publicKey }, ${one}.privateKey, ${length})`;
  return [
    `${pair()} const [x, y] = await Promise.all([${derive('a', 'b', `${bits}`)}, ${derive('b', 'a', 'null')}]); return [x.byteLength, new Uint8Array(x).every((byte, at) => byte === new Uint8Array(y)[at])]`,
    `${pair()} return (await ${derive('a', 'b', '128')}).byteLength`,
    `${pair()} return await ${derive('a', 'b', `${bits + 8}`)}`,
    `${pair()} return await crypto.subtle.deriveBits({ name: '${name}', public: a.privateKey }, a.privateKey, 256)`,
    `${pair()} return await crypto.subtle.deriveBits({ name: '${name}' }, a.privateKey, 256)`,
    `${pair()} return await crypto.subtle.deriveBits({ name: '${name}', public: b.publicKey }, a.publicKey, 256)`,
    `${pair()} return [a.publicKey.usages, a.privateKey.usages, a.privateKey.algorithm.name, a.publicKey.extractable]`,
    `${pair()} const k = await crypto.subtle.deriveKey({ name: '${name}', public: b.publicKey }, a.privateKey, { name: 'AES-GCM', length: 256 }, true, ['encrypt']); return (await crypto.subtle.exportKey('raw', k)).byteLength`,
    `${pair()} const jwk = await crypto.subtle.exportKey('jwk', a.privateKey); return [Object.keys(jwk).sort(), jwk.kty, jwk.crv, jwk.key_ops]`,
    `${pair()} const raw = await crypto.subtle.exportKey('raw', a.publicKey); const k = await crypto.subtle.importKey('raw', raw, ${algorithm}, true, []); const x = await crypto.subtle.deriveBits({ name: '${name}', public: k }, b.privateKey, 256); const y = await ${derive('a', 'b', '256')}; return new Uint8Array(x).every((byte, at) => byte === new Uint8Array(y)[at])`,
    `${pair()} const der = await crypto.subtle.exportKey('pkcs8', a.privateKey); const k = await crypto.subtle.importKey('pkcs8', der, ${algorithm}, true, ['deriveBits']); return [der.byteLength, (await crypto.subtle.exportKey('jwk', k)).d === (await crypto.subtle.exportKey('jwk', a.privateKey)).d]`,
    `${pair()} const der = await crypto.subtle.exportKey('spki', a.publicKey); return [der.byteLength, (await crypto.subtle.importKey('spki', der, ${algorithm}, true, [])).type]`,
    `await crypto.subtle.generateKey(${algorithm}, true, ['sign'])`,
    `await crypto.subtle.generateKey(${algorithm}, true, [])`,
    `await crypto.subtle.importKey('raw', new Uint8Array(31), ${algorithm}, true, [])`,
  ];
});

export const cryptoKeyCases: readonly Case[] = [
  ...rsaCases,
  ...agreementCases,
  `const k = await crypto.subtle.importKey('jwk', ${initiator}, { name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']); return await crypto.subtle.exportKey('jwk', k)`,
  `await crypto.subtle.generateKey({ name: 'ECDH' }, true, ['deriveBits'])`,
  `const a = await crypto.subtle.generateKey('X25519', true, ['deriveBits']); const b = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']); return await crypto.subtle.deriveBits({ name: 'X25519', public: b.publicKey }, a.privateKey, 256)`,
];
