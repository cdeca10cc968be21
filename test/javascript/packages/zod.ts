import { z } from 'zod';

const Order = z
  .object({
    id: z.uuid(),
    email: z.email(),
    at: z.iso.datetime(),
    items: z.array(z.object({ name: z.string().trim().min(1), count: z.number().int().positive() })).nonempty(),
    note: z.string().max(5).optional(),
    kind: z.discriminatedUnion('type', [
      z.object({ type: z.literal('gift'), from: z.string() }),
      z.object({ type: z.literal('sale'), price: z.coerce.number() }),
    ]),
  })
  .refine(({ items }) => items.length < 3, { message: 'too many items' });

const good = {
  id: '0b0c7b1e-8a1c-4a57-9d2e-8f3d1f4b5a6c',
  email: 'a@b.example',
  at: '2026-11-22T00:00:00Z',
  items: [{ name: ' x ', count: 2 }],
  kind: { type: 'sale', price: '3.5' },
};

export const zod = async (): Promise<unknown> => [
  Order.safeParse(good),
  Order.safeParse({ ...good, email: 'no', items: [], kind: { type: 'none' } }).error?.issues,
  Order.safeParse({ ...good, items: [...good.items, ...good.items, ...good.items] }).error?.issues,
  await z
    .string()
    .transform(async (text) => text.length)
    .parseAsync('four'),
  z.toJSONSchema(z.object({ a: z.string().optional(), b: z.number().min(1) })),
  z.prettifyError(z.number().safeParse('x').error ?? new z.ZodError([])),
];
