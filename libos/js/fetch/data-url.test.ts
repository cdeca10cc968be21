/** Beside Node's fetch, which follows the standard here. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setHost } from '../host.ts';
import { nodeHost } from '../testing/node-host.ts';
import { fetch as ours } from './fetch.ts';

setHost(nodeHost);

const urls: readonly string[] = [
  'data:,hello',
  'data:text/plain,a%20b%2',
  'data:text/plain,%zz%41',
  'data:text/html;charset=utf-8,<p>gr%C3%BCn',
  'data:;base64,aGVsbG8=',
  'data:;base64,aGVs%20bG8',
  'data:text/plain;BASE64 ,aGVsbG8',
  'data:text/plain; base64,aGVsbG8',
  'data:text/plain;base64;x=y,aGVsbG8',
  'data:image/png;base64,iVBORw0KGgo=',
  'data:;charset=x,a',
  'data:nonsense,a',
  'data:a/b/c,a',
  'data:TEXT/Plain;Charset=UTF-8,a',
  'data:text/plain;a="b c";a=d,x',
  'data:text/plain;=x;y,z',
  'data:,a,b#fragment',
  'data:,',
  'data:text/plain;base64,%%%',
  'data:nothing',
  'data:;base64,a',
];

async function outcome(send: (url: string) => Promise<unknown>, url: string): Promise<unknown> {
  try {
    const response = (await send(url)) as Response;
    return [response.status, response.url, response.headers.get('content-type'), await response.bytes()];
  } catch (error) {
    return (error as Error).name;
  }
}

for (const url of urls) {
  test(`${url} as in Node`, async () => {
    assert.deepEqual(await outcome(ours, url), await outcome(fetch, url));
  });
}
