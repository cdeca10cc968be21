/** A router with ten routes; the one that is asked for has a parameter and a query. */
import { Hono } from 'hono';

const app = new Hono();
app.get('/', (context) => context.text('ready'));
app.get('/users', (context) => context.json([]));
app.post('/users', (context) => context.json({}, 201));
app.get('/users/:id', (context) => context.json({ id: context.req.param('id') }));
app.delete('/users/:id', (context) => context.body(null, 204));
app.get('/users/:id/orders', (context) => context.json([]));
app.get('/users/:id/orders/:order', (context) =>
  context.json({ ...context.req.param(), fields: context.req.query('fields') }),
);
app.get('/files/*', (context) => context.text(context.req.path));
app.get('/about', (context) => context.html('<h1>About</h1>'));
app.get('/health', (context) => context.text('ok'));

export default app;
