/** The signature header that payment services send: `t=<seconds>,v1=<hex of HMAC-SHA-256 of "t.body">`, several `v1` allowed. */

const encoder = new TextEncoder();

/** A message that was sent longer ago may be one that somebody recorded and sends again. */
const toleranceSeconds = 300;

export type Verdict = { readonly isGenuine: true } | { readonly isGenuine: false; readonly why: string };

const refuse = (why: string): Verdict => ({ isGenuine: false, why });

const bytesOf = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));

export async function checkSignature(
  header: string | null,
  body: Uint8Array,
  secret: string,
  nowSeconds: number,
): Promise<Verdict> {
  if (header === null) return refuse('the signature is missing');
  const parts = header.split(',').map((part) => part.trim().split('=', 2));
  const time = Number(parts.find(([name]) => name === 't')?.[1]);
  if (!Number.isSafeInteger(time)) return refuse('the signature has no time');
  if (Math.abs(nowSeconds - time) > toleranceSeconds) return refuse('the signature is too old');
  const prefix = encoder.encode(`${time}.`);
  const signed = new Uint8Array(prefix.length + body.length);
  signed.set(prefix);
  signed.set(body, prefix.length);
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
    'verify',
  ]);
  for (const [name, hex = ''] of parts) {
    if (name !== 'v1' || !/^[0-9a-f]{64}$/.test(hex)) continue;
    // Takes as long for a wrong signature as for a right one.
    if (await crypto.subtle.verify('HMAC', key, bytesOf(hex), signed)) return { isGenuine: true };
  }
  return refuse('the signature is wrong');
}
