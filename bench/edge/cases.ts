/** The handlers of the edge benchmark: the same file for every subject, and the request it is loaded with. */
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { getRoot, type LoadRequest } from '../load/request.ts';

export interface EdgeCase {
  readonly name: string;
  /** Its default export has `fetch`; it answers `GET /` with 200 whatever else it does. */
  readonly file: string;
  readonly request: LoadRequest;
}

const handler = (name: string): string => join(import.meta.dirname, 'handlers', `${name}.ts`);
const json = { 'content-type': 'application/json' };
const order = JSON.stringify({ id: 17, lines: Array.from({ length: 10 }, (_, at) => ({ price: at + 1, count: 2 })) });
const message = 'x'.repeat(1024);
const signature = createHmac('sha256', 'secret').update(message).digest('hex');

export const edgeCases: readonly EdgeCase[] = [
  { name: 'hello', file: handler('hello'), request: getRoot },
  { name: 'json', file: handler('json'), request: { method: 'POST', path: '/', headers: json, body: order } },
  { name: 'hono', file: handler('hono'), request: { ...getRoot, path: '/users/7/orders/12?fields=all' } },
  { name: 'react', file: handler('react'), request: { ...getRoot, path: '/items' } },
  {
    name: 'hmac',
    file: handler('hmac'),
    request: { method: 'POST', path: '/', headers: { 'x-signature': signature }, body: message },
  },
];
