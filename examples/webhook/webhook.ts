/**
 * Takes webhooks whose sender signs them: `diatom run examples/webhook/webhook.ts --env WEBHOOK_SECRET=…`. In a cell the
 * secret comes from a Secret, see webhook.yaml.
 */
import { checkSignature } from './signature.ts';

interface Environment {
  readonly WEBHOOK_SECRET?: string;
}

interface Message {
  readonly id: string;
  readonly type: string;
}

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' &&
  value !== null &&
  'id' in value &&
  'type' in value &&
  typeof value.id === 'string' &&
  typeof value.type === 'string';

/** Senders repeat what was not acknowledged: a message counts once. */
const seen = new Set<string>();

const refuse = (status: number, error: string): Response => Response.json({ error }, { status });

export default {
  async fetch(request: Request, env: Environment): Promise<Response> {
    if (request.method !== 'POST') return new Response(null, { status: 405, headers: { allow: 'POST' } });
    if (env.WEBHOOK_SECRET === undefined) return refuse(500, 'WEBHOOK_SECRET is not set');
    const body = await request.bytes();
    const verdict = await checkSignature(
      request.headers.get('x-signature'),
      body,
      env.WEBHOOK_SECRET,
      Math.floor(Date.now() / 1000),
    );
    if (!verdict.isGenuine) return refuse(401, verdict.why);
    let message: unknown;
    try {
      message = JSON.parse(new TextDecoder().decode(body));
    } catch {
      return refuse(400, 'the body is not JSON');
    }
    if (!isMessage(message)) return refuse(400, 'the body is no message with id and type');
    const isNew = !seen.has(message.id);
    seen.add(message.id);
    if (isNew) console.log(`${message.type} ${message.id}`);
    return Response.json({ received: message.id, isNew });
  },
} satisfies Application<Environment>;
