/** kube-apiserver over an etcd of its own, where there is one: `KUBE_APISERVER`, or the PATH. */
import { createPrivateKey } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { certificatePath, keyPath, loadKeyFiles } from '@diatom/kernel/pki';
import { freePort } from '../measure/ports.ts';
import { pinned, serverProcessor } from '../measure/processors.ts';
import { startServer } from '../measure/server-process.ts';
import { startEtcdProcess } from './etcd.ts';
import { connectKubernetes } from './kubernetes-client.ts';
import { untilReady } from './ready.ts';
import type { KeyValueServer } from './stores.ts';

export const kubeApiserver: string = process.env.KUBE_APISERVER ?? 'kube-apiserver';

export async function startKubeApiserver(
  version: string,
  directory: string,
  connections: number,
): Promise<KeyValueServer> {
  await mkdir(directory, { recursive: true });
  const keys = loadKeyFiles(directory, [], Date.now());
  const file = (name: string): string => certificatePath(keys.directory, name);
  // It reads private keys of elliptic curves in the form of SEC 1 only, not in PKCS #8.
  const tokenKey = `${directory}/token.key`;
  await writeFile(tokenKey, createPrivateKey(keys.tokenKey.privateKey).export({ type: 'sec1', format: 'pem' }), {
    mode: 0o600,
  });
  const etcd = await startEtcdProcess('etcd', `${directory}/etcd`);
  const port = await freePort();
  const startedMs = performance.now();
  const server = startServer(
    pinned(serverProcessor, kubeApiserver, [
      ...[`--etcd-servers=${etcd.address}`, `--etcd-cafile=${directory}/etcd/fixtures/client/cert.pem`],
      ...['--bind-address=127.0.0.1', `--secure-port=${port}`, '--authorization-mode=RBAC'],
      ...[`--client-ca-file=${file('ca')}`, `--cert-dir=${directory}/apiserver`],
      ...[`--tls-cert-file=${file('server')}`, `--tls-private-key-file=${keyPath(keys.directory, 'server')}`],
      ...['--service-account-issuer=https://kubernetes.default.svc', '--service-cluster-ip-range=10.96.0.0/16'],
      ...[`--service-account-key-file=${tokenKey}`, `--service-account-signing-key-file=${tokenKey}`],
      '--disable-admission-plugins=ServiceAccount',
    ]),
  );
  await untilReady(port, '/readyz', server);
  const readyMs = performance.now() - startedMs + etcd.readyMs;
  const credentials = { ca: keys.authority.certificate, cert: keys.admin.certificate, key: keys.admin.key };
  const { close, ...client } = await connectKubernetes({ port, credentials, connections });
  return {
    ...client,
    name: 'kube-apiserver',
    busyWrites: 300,
    version,
    pid: server.pid,
    readyMs,
    stop: async () => {
      close();
      await server.stop();
      await etcd.server.stop();
    },
  };
}
