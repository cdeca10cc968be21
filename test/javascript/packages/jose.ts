import {
  CompactEncrypt,
  compactDecrypt,
  createLocalJWKSet,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
} from 'jose';

const secret = new TextEncoder().encode('a secret of thirty-two bytes, ok');

async function signed(alg: 'ES256' | 'EdDSA'): Promise<unknown> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const token = await new SignJWT({ alg }).setProtectedHeader({ alg, kid: 'k' }).setIssuer('i').sign(privateKey);
  const jwk = await exportJWK(publicKey);
  const keys = createLocalJWKSet({ keys: [{ ...jwk, kid: 'k', alg }] });
  const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer: 'i' });
  const again = await jwtVerify(token, await importJWK(jwk, alg));
  return [payload, protectedHeader, again.payload, Object.keys(jwk).sort()];
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'verified',
    (error: { readonly code: string }) => error.code,
  );

export async function jose(): Promise<unknown> {
  const token = await new SignJWT({ sub: 'ann', admin: true })
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuedAt(1_700_000_000)
    .setExpirationTime(4_000_000_000)
    .sign(secret);
  const expired = await new SignJWT({}).setProtectedHeader({ alg: 'HS512' }).setExpirationTime(1).sign(secret);
  const sealed = await new CompactEncrypt(new TextEncoder().encode('sealed'))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(secret);
  const { plaintext, protectedHeader } = await compactDecrypt(sealed, secret);
  return [
    token,
    (await jwtVerify(token, secret)).payload,
    decodeJwt(token),
    await failure(jwtVerify(`${token.slice(0, -4)}AAAA`, secret)),
    await failure(jwtVerify(expired, secret)),
    await signed('ES256'),
    await signed('EdDSA'),
    [new TextDecoder().decode(plaintext), protectedHeader],
  ];
}
