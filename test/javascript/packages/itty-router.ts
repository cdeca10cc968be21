import { AutoRouter, error, type IRequest, withParams } from 'itty-router';

const router = AutoRouter()
  .get('/greet/:name/:greeting?', withParams, ({ name, greeting = 'hello' }: IRequest) => ({
    text: `${greeting} ${name}`,
  }))
  .post('/echo', async (request: IRequest) => request.json())
  .get('/fail', () => error(409, 'conflict'))
  .get('/throw', () => {
    throw new Error('thrown');
  });

async function ask(path: string, init?: RequestInit): Promise<unknown> {
  const response: Response = await router.fetch(new Request(`http://localhost${path}`, init));
  return [response.status, response.headers.get('content-type'), await response.text()];
}

export const ittyRouter = async (): Promise<unknown> => [
  await ask('/greet/ann'),
  await ask('/greet/ann/hi'),
  await ask('/echo', { method: 'POST', body: '{"a":[1]}' }),
  await ask('/fail'),
  await ask('/throw'),
  await ask('/nowhere'),
];
