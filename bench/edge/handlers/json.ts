/** Reads JSON, changes it a little, answers JSON. */
interface Order {
  readonly lines: readonly { readonly price: number; readonly count: number }[];
}

export default {
  async fetch(request: Request): Promise<Response> {
    if (request.method !== 'POST') return Response.json({});
    const order = (await request.json()) as Order;
    const total = order.lines.reduce((sum, { price, count }) => sum + price * count, 0);
    return Response.json({ ...order, total });
  },
};
