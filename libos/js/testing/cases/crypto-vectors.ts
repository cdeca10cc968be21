/**
 * Known answers of the standards, and what is wrong in ways that implementations have overlooked (after Project Wycheproof): both
 * hold what the standard says, which is compared as a whole.
 */
import type { Case } from './index.ts';

const bytes = (digits: string): string => `Uint8Array.from('${digits}'.match(/../g) ?? [], (d) => parseInt(d, 16))`;
const text = (value: string): string => `new TextEncoder().encode('${value}')`;
const isSame = (value: string, digits: string): Case => [
  `[...new Uint8Array(await ${value})].map((b) => b.toString(16).padStart(2, '0')).join('') === '${digits}'`,
  'true',
];
const mac = (key: string, data: string, hash: string, digits: string): Case =>
  isSame(
    `crypto.subtle.sign('HMAC', await crypto.subtle.importKey('raw', ${key}, { name: 'HMAC', hash: '${hash}' }, false, ['sign']), ${data})`,
    digits,
  );
const derived = (name: string, key: string, parameters: string, sizeBytes: number, digits: string): Case =>
  isSame(
    `crypto.subtle.deriveBits({ name: '${name}', ${parameters} }, await crypto.subtle.importKey('raw', ${key}, '${name}', false, ['deriveBits']), ${sizeBytes * 8})`,
    digits,
  );

/** FIPS 180-4, examples of NIST. */
const longMessage =
  'abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu';
const digests: readonly Case[] = [
  isSame(`crypto.subtle.digest('SHA-1', ${text('abc')})`, 'a9993e364706816aba3e25717850c26c9cd0d89d'),
  isSame(
    `crypto.subtle.digest('SHA-256', ${text('abc')})`,
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  ),
  isSame(
    `crypto.subtle.digest('SHA-256', new Uint8Array(1000000).fill(97))`,
    'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
  ),
  isSame(
    `crypto.subtle.digest('SHA-384', ${text('abc')})`,
    'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
  ),
  isSame(
    `crypto.subtle.digest('SHA-512', ${text(longMessage)})`,
    '8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909',
  ),
];

/** RFC 4231 §4.2, §4.3, §4.7; RFC 2202 §3. */
const macs: readonly Case[] = [
  mac(
    `new Uint8Array(20).fill(0x0b)`,
    text('Hi There'),
    'SHA-256',
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  ),
  mac(
    text('Jefe'),
    text('what do ya want for nothing?'),
    'SHA-384',
    'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
  ),
  mac(
    `new Uint8Array(131).fill(0xaa)`,
    text('Test Using Larger Than Block-Size Key - Hash Key First'),
    'SHA-512',
    '80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598',
  ),
  mac(text('Jefe'), text('what do ya want for nothing?'), 'SHA-1', 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79'),
];

/** RFC 5869 appendix A.1 to A.3; RFC 6070; RFC 7914 §11. */
const derivations: readonly Case[] = [
  derived(
    'HKDF',
    `new Uint8Array(22).fill(0x0b)`,
    `hash: 'SHA-256', salt: ${bytes('000102030405060708090a0b0c')}, info: ${bytes('f0f1f2f3f4f5f6f7f8f9')}`,
    42,
    '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
  ),
  derived(
    'HKDF',
    `new Uint8Array(80).map((_, at) => at)`,
    `hash: 'SHA-256', salt: new Uint8Array(80).map((_, at) => 0x60 + at), info: new Uint8Array(80).map((_, at) => 0xb0 + at)`,
    82,
    'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87',
  ),
  derived(
    'HKDF',
    `new Uint8Array(22).fill(0x0b)`,
    `hash: 'SHA-256', salt: new Uint8Array(0), info: new Uint8Array(0)`,
    42,
    '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
  ),
  derived(
    'PBKDF2',
    text('password'),
    `hash: 'SHA-1', salt: ${text('salt')}, iterations: 4096`,
    20,
    '4b007901b765489abead49d926f721d065a429c1',
  ),
  derived(
    'PBKDF2',
    text('passwordPASSWORDpassword'),
    `hash: 'SHA-1', salt: ${text('saltSALTsaltSALTsaltSALTsaltSALTsalt')}, iterations: 4096`,
    25,
    '3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038',
  ),
  derived(
    'PBKDF2',
    text('passwd'),
    `hash: 'SHA-256', salt: ${text('salt')}, iterations: 1`,
    64,
    '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
  ),
];

const edKey = (point: string): string =>
  `await crypto.subtle.importKey('raw', ${bytes(point)}, 'Ed25519', true, ['verify'])`;
const edVerify = (point: string, message: string, signature: string, isGood: boolean): Case => [
  `await crypto.subtle.verify('Ed25519', ${edKey(point)}, ${bytes(signature)}, ${message})`,
  String(isGood),
];
/** RFC 8032 §7.1, TEST 2 and TEST 3. */
const edPoint = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c';
const edR = '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da';
const edS = '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';
const edwards: readonly Case[] = [
  edVerify(edPoint, bytes('72'), edR + edS, true),
  edVerify(edPoint, bytes('73'), edR + edS, false),
  edVerify(
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    bytes('af82'),
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    true,
  ),
  // S + L says the same modulo L: RFC 8032 §5.1.7 wants S below L, or anybody could make a second signature of one.
  edVerify(edPoint, bytes('72'), `${edR}f52db7415978abc61b2c2eb6aeebfca0387b2eaeb4302aeeb00d291612bb0c10`, false),
  edVerify(edPoint, bytes('72'), edR + 'ff'.repeat(32), false),
  edVerify(edPoint, bytes('72'), edR + '00'.repeat(32), false),
  // No point of the curve, and one that is not reduced.
  edVerify('02'.padEnd(64, '0'), bytes('72'), edR + edS, false),
  edVerify('ff'.repeat(32), bytes('72'), edR + edS, false),
];

const ecKey = (point: string): string =>
  `await crypto.subtle.importKey('raw', ${bytes(point)}, { name: 'ECDSA', namedCurve: 'P-256' }, true, ['verify'])`;
const ecVerify = (point: string, hash: string, message: string, signature: string, isGood: boolean): Case => [
  `await crypto.subtle.verify({ name: 'ECDSA', hash: '${hash}' }, ${ecKey(point)}, ${bytes(signature)}, ${text(message)})`,
  String(isGood),
];
/** RFC 6979 appendix A.2.5. */
const ecX = '60fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6';
const ecY = '7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299';
const ecR = 'efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716';
const ecS = 'f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8';
const order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551';
const zero = '00'.repeat(32);
const weierstrass: readonly Case[] = [
  ecVerify(`04${ecX}${ecY}`, 'SHA-256', 'sample', ecR + ecS, true),
  // The key in its compressed form.
  ecVerify(`03${ecX}`, 'SHA-256', 'sample', ecR + ecS, true),
  ecVerify(`02${ecX}`, 'SHA-256', 'sample', ecR + ecS, false),
  ecVerify(
    `04${ecX}${ecY}`,
    'SHA-1',
    'sample',
    '61340c88c3aaebeb4f6d667f672ca9759a6ccaa9fa8811313039ee4a35471d326d7f147dac089441bb2e2fe8f7a3fa264b9c475098fdcf6e00d7c996e1b8b7eb',
    true,
  ),
  ecVerify(
    `04${ecX}${ecY}`,
    'SHA-384',
    'sample',
    '0eafea039b20e9b42309fb1d89e213057cbf973dc0cfc8f129edddc800ef77194861f0491e6998b9455193e34e7b0d284ddd7149a74b95b9261f13abde940954',
    true,
  ),
  ecVerify(
    `04${ecX}${ecY}`,
    'SHA-512',
    'test',
    '461d93f31b6540894788fd206c07cfa0cc35f46fa3c91816fff1040ad1581a0439af9f15de0db8d97e72719c74820d304ce5226e32dedae67519e840d1194e55',
    true,
  ),
  ecVerify(`04${ecX}${ecY}`, 'SHA-256', 'Sample', ecR + ecS, false),
  // What a verifier that computes modulo the order without looking would accept.
  ecVerify(`04${ecX}${ecY}`, 'SHA-256', 'sample', zero + zero, false),
  ecVerify(`04${ecX}${ecY}`, 'SHA-256', 'sample', ecR + zero, false),
  ecVerify(`04${ecX}${ecY}`, 'SHA-256', 'sample', zero + ecS, false),
  ecVerify(`04${ecX}${ecY}`, 'SHA-256', 'sample', order + ecS, false),
  ecVerify(`04${ecX}${ecY}`, 'SHA-256', 'sample', ecR + order, false),
  ecVerify(`04${ecX}${ecY}`, 'SHA-256', 'sample', 'ff'.repeat(64), false),
  ecVerify(`04${ecX}${ecY}`, 'SHA-256', 'sample', ecS + ecR, false),
  // As DER, which Web Cryptography has not.
  ecVerify(`04${ecX}${ecY}`, 'SHA-256', 'sample', `3046022100${ecR}022100${ecS}`, false),
  // Minus S is as good a signature as S: there is no low-S rule here.
  ecVerify(
    `04${ecX}${ecY}`,
    'SHA-256',
    'sample',
    `${ecR}0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9`,
    true,
  ),
  // Points that are none: off the curve, at infinity, not reduced, of an unknown form.
  [ecKey(`04${ecX}${ecX}`), 'throws DataError'],
  [ecKey(`04${zero}${zero}`), 'throws DataError'],
  [ecKey(`00`), 'throws DataError'],
  [ecKey(`04${'ff'.repeat(64)}`), 'throws DataError'],
  [ecKey(`05${ecX}${ecY}`), 'throws DataError'],
  [ecKey(`04${ecX}`), 'throws DataError'],
];

const x25519 = (secret: string, point: string): string => {
  // RFC 8410 §7: the container of a secret key.
  const key = `await crypto.subtle.importKey('pkcs8', ${bytes(`302e020100300506032b656e04220420${secret}`)}, 'X25519', true, ['deriveBits'])`;
  const other = `await crypto.subtle.importKey('raw', ${bytes(point)}, 'X25519', true, [])`;
  return `crypto.subtle.deriveBits({ name: 'X25519', public: ${other} }, ${key}, 256)`;
};
/** RFC 7748 §5.2 and §6.1. */
const montgomery: readonly Case[] = [
  isSame(
    x25519(
      'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
      'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
    ),
    'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
  ),
  isSame(
    x25519(
      '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
      'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
    ),
    '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
  ),
  // Points of low order: what comes out is zero, and refused (§6.1).
  [
    `await ${x25519('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4', zero)}`,
    'throws OperationError',
  ],
  [
    `await ${x25519('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4', `01${'00'.repeat(31)}`)}`,
    'throws OperationError',
  ],
  [
    `await ${x25519('a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4', 'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800')}`,
    'throws OperationError',
  ],
];

/** RFC 5903 §8.1. */
const ecdhSecret = 'c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433';
const otherPoint =
  '04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf6356fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab';
const ownPoint =
  '04dad0b65394221cf9b051e1feca5787d098dfe637fc90b9ef945d0c37725811805271a0461cdb8252d61f1c456fa3e59ab1f45b33accf5f58389e0577b8990bb3';
const ecdh: readonly Case[] = [
  isSame(
    `crypto.subtle.deriveBits({ name: 'ECDH', public: await crypto.subtle.importKey('raw', ${bytes(otherPoint)}, { name: 'ECDH', namedCurve: 'P-256' }, true, []) }, await crypto.subtle.importKey('pkcs8', ${bytes(
      `308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420${ecdhSecret}a144034200${ownPoint}`,
    )}, { name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']), 256)`,
    'd6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de',
  ),
];

/** The Galois/Counter Mode of Operation (McGrew, Viega), test cases 4 and 16. */
const gcm = (key: string, digits: string): Case =>
  isSame(
    `crypto.subtle.encrypt({ name: 'AES-GCM', iv: ${bytes('cafebabefacedbaddecaf888')}, additionalData: ${bytes('feedfacedeadbeeffeedfacedeadbeefabaddad2')} }, await crypto.subtle.importKey('raw', ${bytes(key)}, 'AES-GCM', false, ['encrypt']), ${bytes('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39')})`,
    digits,
  );
const gcmKey = 'feffe9928665731c6d6a8f9467308308';
const ciphers: readonly Case[] = [
  gcm(
    gcmKey,
    '42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47',
  ),
  gcm(
    gcmKey + gcmKey,
    '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b',
  ),
];

export const cryptoVectorCases: readonly Case[] = [
  ...digests,
  ...macs,
  ...derivations,
  ...edwards,
  ...weierstrass,
  ...montgomery,
  ...ecdh,
  ...ciphers,
];
