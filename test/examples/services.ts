/** What each of the examples in ordinary TypeScript must answer, wherever it runs. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';

export interface ServiceExample {
  readonly name: string;
  /** In `examples/`. */
  readonly file: string;
  /** Its objects for a cell, as processes and as virtual machines, in `examples/`. */
  readonly manifests: { readonly process: string; readonly hvt: string };
  readonly environment: Readonly<Record<string, string>>;
  /** `ask` sends one request to a path. */
  check(ask: Ask): Promise<void>;
}

export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** That of examples/webhook/webhook.yaml. */
const secret = 'replace this by what the sender gave you';

const json = (body: unknown, method = 'POST'): RequestInit => ({
  method,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});

const manifests = (path: string) => ({ process: `${path}.yaml`, hvt: `${path}-hvt.yaml` });

export const serviceExamples: readonly ServiceExample[] = [
  {
    name: 'fetch',
    file: 'fetch/fetch.ts',
    manifests: manifests('fetch/fetch'),
    environment: {},
    check: async (ask) => {
      const answer = await ask('/');
      assert.equal(await answer.text(), 'hello\n');
      assert.equal(answer.headers.get('content-type'), 'text/plain');
    },
  },
  {
    name: 'books',
    file: 'json-api/books.ts',
    manifests: manifests('json-api/books'),
    environment: {},
    check: async (ask) => {
      const added = await ask('/books', json({ title: ' Kunstformen ', author: 'Haeckel', year: 1904, tags: ['art'] }));
      assert.equal(added.status, 201, await added.clone().text());
      assert.equal(added.headers.get('location'), '/books/1');
      assert.deepEqual(await added.json(), {
        id: 1,
        title: 'Kunstformen',
        author: 'Haeckel',
        year: 1904,
        tags: ['art'],
      });
      const wrong = await ask('/books', json({ title: '', author: 'x', year: 3000, tags: ['A b'] }));
      assert.equal(wrong.status, 422);
      const { issues } = (await wrong.json()) as { readonly issues: readonly { readonly field: string }[] };
      assert.deepEqual(
        issues.map(({ field }) => field),
        ['title', 'year', 'tags.0'],
      );
      assert.equal((await ask('/books', { method: 'POST', body: '{' })).status, 400);
      const changed = await ask('/books/1', json({ tags: ['art', 'sea'] }, 'PATCH'));
      assert.deepEqual(((await changed.json()) as { readonly tags: unknown }).tags, ['art', 'sea']);
      assert.deepEqual(await (await ask('/books?tag=land')).json(), []);
      assert.equal(((await (await ask('/books?tag=sea')).json()) as unknown[]).length, 1);
      assert.equal((await ask('/books/1', { method: 'DELETE' })).status, 204);
      assert.deepEqual(await (await ask('/books/1')).json(), { error: 'there is no /books/1' });
    },
  },
  {
    name: 'page',
    file: 'react-page/page.tsx',
    manifests: manifests('react-page/page'),
    environment: {},
    check: async (ask) => {
      const answer = await ask('/?shape=long');
      assert.equal(answer.headers.get('content-type'), 'text/html; charset=utf-8');
      const page = await answer.text();
      assert.match(page, /^<!DOCTYPE html><html lang="en">/);
      assert.match(page, /<h1>Diatoms, long<\/h1>/);
      assert.match(page, /<em>Pinnularia viridis<\/em>/);
      assert.doesNotMatch(page, /Asterionella/);
      // The place of what had to be waited for, and what came for it later.
      assert.ok(page.indexOf('Measuring …') < page.indexOf('in a row'), page);
      assert.match(page, /220<!-- --> µm in a row/);
    },
  },
  {
    name: 'webhook',
    file: 'webhook/webhook.ts',
    manifests: manifests('webhook/webhook'),
    environment: { WEBHOOK_SECRET: secret },
    check: async (ask) => {
      const body = JSON.stringify({ id: 'evt_1', type: 'payment.succeeded', text: 'grün ✓' });
      const sign = (key: string, seconds: number): string =>
        `t=${seconds},v1=${createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')}`;
      const send = (signature: string, content = body) =>
        ask('/', { method: 'POST', body: content, headers: { 'x-signature': signature } });
      const nowSeconds = Math.floor(Date.now() / 1000);
      const genuine = sign(secret, nowSeconds);
      assert.deepEqual(await (await send(genuine)).json(), { received: 'evt_1', isNew: true });
      assert.deepEqual(await (await send(genuine)).json(), { received: 'evt_1', isNew: false });
      for (const [signature, content, error] of [
        [genuine, body.replace('evt_1', 'evt_2'), 'the signature is wrong'],
        [sign('another secret', nowSeconds), body, 'the signature is wrong'],
        [sign(secret, nowSeconds - 3600), body, 'the signature is too old'],
        ['v1=00', body, 'the signature has no time'],
      ] as const) {
        const answer = await send(signature, content);
        assert.deepEqual([answer.status, await answer.json()], [401, { error }]);
      }
      assert.equal((await ask('/')).headers.get('allow'), 'POST');
    },
  },
];

/** Before another example, which a cell reaches by the name of its Service. */
const proxy: ServiceExample = {
  name: 'proxy',
  file: 'proxy/proxy.ts',
  manifests: manifests('proxy/proxy'),
  environment: {},
  check: async (ask) => {
    const added = await ask('/books', json({ title: 'Reise', author: 'Ehrenberg', year: 1828, tags: ['sea'] }));
    assert.equal(added.status, 201, await added.clone().text());
    assert.equal(added.headers.get('via'), '1.1 diatom-proxy');
    const { id } = (await added.json()) as { readonly id: number };
    const found = await ask(`/books/${id}`);
    assert.equal(((await found.json()) as { readonly author: string }).author, 'Ehrenberg');
    assert.equal((await ask('/books', { method: 'POST', body: '{' })).status, 400);
    assert.equal((await ask(`/books/${id}`, { method: 'DELETE' })).status, 204);
  },
};

/** In the order in which they can be checked. */
export const cellExamples: readonly ServiceExample[] = [...serviceExamples, proxy];
