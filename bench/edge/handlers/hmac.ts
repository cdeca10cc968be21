/** Checks the HMAC-SHA-256 of a body of 1 KiB. */
const encoder = new TextEncoder();

export default {
  async fetch(request: Request): Promise<Response> {
    const signature = request.headers.get('x-signature');
    if (signature === null) return new Response('ready\n');
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', encoder.encode('secret'), algorithm, false, ['verify']);
    const bytes = Uint8Array.from(signature.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
    const isGenuine = await crypto.subtle.verify('HMAC', key, bytes, await request.arrayBuffer());
    return new Response(isGenuine ? 'genuine\n' : 'forged\n', { status: isGenuine ? 200 : 401 });
  },
};
