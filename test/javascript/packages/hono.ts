import { Hono } from 'hono';
import { basicAuth } from 'hono/basic-auth';
import { getCookie, setCookie } from 'hono/cookie';
import { cors } from 'hono/cors';
import { etag } from 'hono/etag';
import { HTTPException } from 'hono/http-exception';
import { streamText } from 'hono/streaming';
import { validator } from 'hono/validator';

const app = new Hono()
  .use('*', cors())
  .use('/tagged', etag())
  .use('/secret/*', basicAuth({ username: 'u', password: 'p' }))
  .get('/users/:id{[0-9]+}', (context) => context.json({ id: context.req.param('id'), q: context.req.queries('q') }))
  .get('/secret/page', (context) => context.html('<p>in</p>'))
  .get('/tagged', (context) => context.text('tagged'))
  .get('/visits', (context) => {
    setCookie(context, 'visits', String(Number(getCookie(context, 'visits') ?? 0) + 1), { httpOnly: true, path: '/' });
    return context.body(null, 204);
  })
  .get('/stream', (context) =>
    streamText(context, async (stream) => {
      for (const part of ['a', 'b', 'c']) await stream.writeln(part);
    }),
  )
  .get('/teapot', () => {
    throw new HTTPException(418, { message: 'short and stout' });
  })
  .post(
    '/form',
    validator('form', (value) => ({ name: String(value.name) })),
    (context) => context.redirect(`/hello/${context.req.valid('form').name}`),
  )
  .notFound((context) => context.text(`no ${context.req.path}`, 404));

async function ask(path: string, init?: RequestInit): Promise<unknown> {
  const response = await app.request(`http://localhost${path}`, init);
  return [response.status, [...response.headers], await response.text()];
}

const form = new FormData();
form.append('name', 'bob');

export const hono = async (): Promise<unknown> => [
  await ask('/users/12?q=a&q=b'),
  await ask('/users/x'),
  await ask('/secret/page'),
  await ask('/secret/page', { headers: { authorization: `Basic ${btoa('u:p')}` } }),
  await ask('/tagged'),
  await ask('/visits', { headers: { cookie: 'visits=41' } }),
  await ask('/stream'),
  await ask('/teapot'),
  await ask('/form', { method: 'POST', body: form }),
  await ask('/users/1', { method: 'OPTIONS', headers: { origin: 'http://o', 'access-control-request-method': 'GET' } }),
];
