/** Webhooks are called over HTTPS, at a URL or at a Service's address, and only when their certificate is right. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
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
  use: (port: number, authority: string, requests: string[], own: string) => Promise<void>,
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
      // `/status/422`: that code and nothing more.
      const status = /^\/status\/(\d+)/.exec(request.url ?? '')?.[1];
      if (status === undefined) response.end('{"ok":true}');
      else response.writeHead(Number(status)).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use((server.address() as AddressInfo).port, authority.certificate, requests, own.certificate);
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

test('a code without a reason is told in the words of client-go', async () => {
  await withStore((store) =>
    withServer(['127.0.0.1'], async (port, certificateAuthority) => {
      const refused = (status: number) => {
        const target = { url: `https://127.0.0.1:${port}/status/${status}` };
        return createWebhookCaller(store)({ target, certificateAuthority }, {}, 5000);
      };
      await assert.rejects(refused(422), /the server rejected our request due to an error in our request/);
      await assert.rejects(refused(503), /the server is currently unable to handle the request/);
    }),
  );
});

test('a path is called without doubled and last slashes', async () => {
  await withStore((store) =>
    withServer(['127.0.0.1'], async (port, certificateAuthority, requests) => {
      const target = { url: `https://127.0.0.1:${port}//hooks/./one/` };
      await createWebhookCaller(store)({ target, certificateAuthority }, {}, 5000);
      assert.deepEqual(requests, ['POST /hooks/one?timeout=5s 127.0.0.1 {}']);
    }),
  );
});

test("the bundle may hold the webhook's own certificate instead of an authority's", async () => {
  await withStore((store) =>
    withServer(['127.0.0.1'], async (port, _authority, requests, own) => {
      const target = { url: `https://127.0.0.1:${port}/` };
      await createWebhookCaller(store)({ target, certificateAuthority: own }, {}, 5000);
      assert.equal(requests.length, 1);
    }),
  );
});

type Answerer = (response: ServerResponse, count: number) => void;

/** A server on 127.0.0.1 that answers as it likes. */
async function withAnswers(answer: Answerer, use: (call: () => Promise<unknown>) => Promise<void>): Promise<void> {
  const authority = issue({ subject: { commonName: 'webhooks' }, usage: 'authority', ...validity });
  const subject = { commonName: 'hook' };
  const own = issue({ subject, usage: 'server', alternativeNames: ['127.0.0.1'], ...validity }, authority);
  let count = 0;
  const server = createServer({ key: own.key, cert: own.certificate }, (request, response) => {
    request.resume();
    request.on('end', () => answer(response, count++));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const target = { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/` };
  try {
    await withStore(async (store) => {
      const call = createWebhookCaller(store);
      await use(() => call({ target, certificateAuthority: authority.certificate }, {}, 1000, 10_000));
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const endless = (response: ServerResponse): void => {
  const more = setInterval(() => response.write('x'.repeat(100)), 5);
  response.on('close', () => clearInterval(more));
};

const badAnswers: readonly (readonly [what: string, answer: Answerer, message: RegExp])[] = [
  ['nothing', () => {}, /^Post "https:\/\/127.0.0.1:\d+\/\?timeout=1s": context deadline exceeded$/],
  ['no end', endless, /context deadline exceeded$|the answer is longer than 10000 bytes$/],
  ['too much', (response) => response.end('x'.repeat(20_000)), /the answer is longer than 10000 bytes$/],
  ['garbage', (response) => response.end('<html>'), /^couldn't get version\/kind; json parse error: /],
  ['a list', (response) => response.end('[]'), /^couldn't get version\/kind; json parse error: /],
  ['a closed connection', (response) => response.destroy(), /EOF$/],
  ['a 404', (response) => response.writeHead(404).end('no'), /^the server could not find the requested resource$/],
  [
    'a 500',
    (response) => response.writeHead(500).end('oops'),
    /^an error on the server \("oops"\) has prevented the request from succeeding$/,
  ],
];

for (const [what, answer, message] of badAnswers) {
  test(`a webhook that answers with ${what} is an error in the words of Go's client`, () =>
    withAnswers(answer, async (call) => {
      await assert.rejects(call(), (error: Error) => message.test(error.message) || assert.fail(error.message));
    }));
}

test('connections are kept, and one that the other side has closed is replaced', () => {
  const sockets = new Set<unknown>();
  return withAnswers(
    (response) => {
      sockets.add(response.socket);
      response.end('{}');
    },
    async (call) => {
      await call();
      await call();
      assert.equal(sockets.size, 1);
      for (const socket of sockets) (socket as Socket).destroy();
      await call();
      assert.equal(sockets.size, 2);
    },
  );
});
