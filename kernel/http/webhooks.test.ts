/** Webhooks are called over HTTPS, at a URL or at a Service's address, and only when their certificate is right. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { issue } from '../access/pki/certificate.ts';
import { objectKey } from '../store/keys.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { createWebhookCaller } from './webhooks.ts';

const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };

async function withServer(
  names: readonly string[],
  use: (port: number, authority: string, requests: string[]) => Promise<void>,
): Promise<void> {
  const authority = issue({ subject: { commonName: 'webhooks' }, usage: 'authority', ...validity });
  const subject = { commonName: names[0] ?? '' };
  const own = issue({ subject, usage: 'server', alternativeNames: names, ...validity }, authority);
  const requests: string[] = [];
  const server = createServer({ key: own.key, cert: own.certificate }, (request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += String(chunk);
    });
    request.on('end', () => {
      requests.push(`${request.method} ${request.url} ${request.headers.host?.split(':')[0]} ${body}`);
      response.end('{"ok":true}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use((server.address() as AddressInfo).port, authority.certificate, requests);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function withStore(use: (store: ReturnType<typeof openSqliteStore>) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-webhooks-'));
  const store = openSqliteStore({ directory });
  try {
    await use(store);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
}

const service = (port: number, spec: object = {}): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'hook', namespace: 'default' },
    spec: { clusterIP: '127.0.0.1', ports: [{ port }], ...spec },
  });

test('a webhook at a URL is called', async () => {
  await withStore((store) =>
    withServer(['127.0.0.1'], async (port, certificateAuthority, requests) => {
      const target = { url: `https://127.0.0.1:${port}/convert` };
      const answer = await createWebhookCaller(store)({ target, certificateAuthority }, { a: 1 }, 5000);
      assert.deepEqual(answer, { ok: true });
      assert.deepEqual(requests, ['POST /convert?timeout=5s 127.0.0.1 {"a":1}']);
    }),
  );
});

test('a Service is called at its address, under its own name', async () => {
  await withStore((store) =>
    withServer(['hook.default.svc'], async (port, certificateAuthority, requests) => {
      const key = objectKey({ group: '', resource: 'services', namespace: 'default', name: 'hook' });
      await store.write(key, () => ({ kind: 'put', value: () => service(port) }));
      const target = { service: { namespace: 'default', name: 'hook', port, path: '/convert' } };
      await createWebhookCaller(store)({ target, certificateAuthority }, {}, 5000);
      assert.deepEqual(requests, ['POST /convert?timeout=5s hook.default.svc {}']);
      const other = { service: { ...target.service, port: port === 1 ? 2 : 1 } };
      await assert.rejects(
        createWebhookCaller(store)({ target: other, certificateAuthority }, {}, 5000),
        /no service port 1 found for service "hook"/,
      );
      const missing = { service: { ...target.service, name: 'none' } };
      await assert.rejects(
        createWebhookCaller(store)({ target: missing, certificateAuthority }, {}, 5000),
        /service "none" not found/,
      );
    }),
  );
});

test('a certificate of another authority or for another name is refused', async () => {
  await withStore((store) =>
    withServer(['elsewhere.example.com'], async (port, certificateAuthority, requests) => {
      const target = { url: `https://127.0.0.1:${port}/` };
      const call = createWebhookCaller(store);
      await assert.rejects(call({ target, certificateAuthority }, {}, 5000), /Post "https:\/\/127.0.0.1.*altnames/);
      await assert.rejects(call({ target, certificateAuthority: '' }, {}, 5000), /certificate/);
      assert.deepEqual(requests, []);
    }),
  );
});
