import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import type { TLSSocket } from 'node:tls';
import type { ApiResponse, ApiStream, KubernetesObject } from '@diatom/sdk/api';
import type { Credentials } from '../access/pki/certificate.ts';
import { type KeyFiles, loadKeyFiles } from '../access/pki/key-files.ts';
import { objectKey } from '../store/keys.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { createPodLogProxy } from './pod-log-proxy.ts';

const pod = (spec: object): KubernetesObject =>
  ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace: 'a' }, spec }) as unknown as KubernetesObject;
const bound = { nodeName: 'n', containers: [{ name: 'main' }] };

interface Setting extends AsyncDisposable {
  readonly keys: KeyFiles;
  log(spec: object, query?: string): Promise<ApiResponse>;
}

type Agent = (request: IncomingMessage, response: ServerResponse) => void;

async function start(agent: Agent, show?: Credentials): Promise<Setting> {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-log-'));
  const keys = loadKeyFiles(directory, [], Date.now());
  const shown = show ?? keys.agent;
  const tls = { cert: shown.certificate, key: shown.key, ca: keys.authority.certificate };
  const server = createServer({ ...tls, requestCert: true, rejectUnauthorized: true }, agent);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const store = openSqliteStore({ directory });
  const status = {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: (server.address() as AddressInfo).port } },
  };
  const node = JSON.stringify({ metadata: { name: 'n' }, status });
  await store.write(objectKey({ group: '', resource: 'nodes', name: 'n' }), () => ({ kind: 'put', value: () => node }));
  const proxy = createPodLogProxy({ store, client: keys.kubeletClient, authority: keys.authority.certificate });
  return {
    keys,
    log: (spec, query = '') => proxy.podLog({ pod: pod(spec), query: new URLSearchParams(query) }),
    [Symbol.asyncDispose]: async () => {
      proxy.close();
      server.closeAllConnections();
      server.close();
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
}

async function text({ body }: ApiResponse): Promise<string> {
  if (typeof body === 'string') return body;
  const parts: (string | Uint8Array)[] = [];
  for await (const chunk of (body as ApiStream).chunks) parts.push(chunk);
  return Buffer.concat(parts.map((part) => Buffer.from(part))).toString();
}

it('asks the agent of the node as the kernel, and passes on what the client may say', async () => {
  const seen: string[] = [];
  await using setting = await start((request, response) => {
    const { subject } = (request.socket as TLSSocket).getPeerCertificate();
    seen.push(`${subject.CN} ${request.url}`);
    response.end('line 1\nline 2\n');
  });
  const answer = await setting.log(bound, 'container=main&tailLines=2&timestamps=true&secret=x');
  assert.equal(answer.status, 200);
  assert.equal(await text(answer), 'line 1\nline 2\n');
  assert.deepEqual(seen, ['kube-apiserver-kubelet-client /containerLogs/a/p/main?timestamps=true&tailLines=2']);
});

it('a followed log streams, and cancelling it hangs up', async () => {
  const hungUp = Promise.withResolvers<void>();
  await using setting = await start((_, response) => {
    response.write('first\n');
    response.on('close', hungUp.resolve);
  });
  const { body } = await setting.log(bound, 'follow=true');
  const stream = body as ApiStream;
  for await (const chunk of stream.chunks) {
    assert.equal(Buffer.from(chunk).toString(), 'first\n');
    break;
  }
  stream.cancel();
  await hungUp.promise;
});

it('a pod without a node has an empty log; one container of several has to be named', async () => {
  await using setting = await start((_, response) => response.end());
  assert.equal(await text(await setting.log({ containers: [{ name: 'main' }] })), '');
  const two = { nodeName: 'n', containers: [{ name: 'x' }, { name: 'y' }] };
  const message = async (spec: object, query: string) => JSON.parse(await text(await setting.log(spec, query))).message;
  assert.equal(await message(two, ''), 'a container name must be specified for pod p, choose one of: [x y]');
  assert.equal(await message(two, 'container=z'), 'container z is not valid for pod p');
});

it("the agent's refusal is a Status, and so is its absence", async () => {
  await using setting = await start((_, response) => {
    response.statusCode = 400;
    response.end('container "main" in pod "p" is waiting to start: ContainerCreating');
  });
  const refused = JSON.parse(await text(await setting.log(bound)));
  assert.deepEqual([refused.code, refused.reason], [400, 'BadRequest']);
  assert.match(refused.message, /is waiting to start/);
  const elsewhere = await setting.log({ ...bound, nodeName: 'gone' });
  assert.equal(elsewhere.status, 404);
});

it('an agent without a certificate of the cell is not believed', async () => {
  const other = mkdtempSync(join(tmpdir(), 'diatom-other-'));
  try {
    const { agent } = loadKeyFiles(other, [], Date.now());
    await using setting = await start((_, response) => response.end('fake'), agent);
    const answer = await setting.log(bound);
    assert.equal(answer.status, 500);
    assert.match(await text(answer), /Internal error occurred: Get \\"https:.*certificate/);
  } finally {
    rmSync(other, { recursive: true });
  }
});
