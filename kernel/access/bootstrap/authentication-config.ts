/**
 * ConfigMap extension-apiserver-authentication: how an aggregated API server recognises the kernel and what it may believe
 * of the headers the kernel sends (kubernetes pkg/controlplane/controller/clusterauthenticationtrust).
 */
import type { ApiHandler } from '@diatom/sdk/api';
import type { KeyFiles } from '../pki/key-files.ts';
import { kernelIdentity } from './bootstrap.ts';

const path = '/api/v1/namespaces/kube-system/configmaps';
const name = 'extension-apiserver-authentication';

/** Authorities change when their files are made anew, so it is written at every start that finds it different. */
export async function publishAuthentication(handle: ApiHandler, keys: KeyFiles): Promise<void> {
  const list = (...values: readonly string[]): string => JSON.stringify(values);
  const data = {
    'client-ca-file': keys.authority.certificate,
    'requestheader-allowed-names': list('front-proxy-client'),
    'requestheader-client-ca-file': keys.frontProxyAuthority.certificate,
    'requestheader-extra-headers-prefix': list('X-Remote-Extra-'),
    'requestheader-group-headers': list('X-Remote-Group'),
    'requestheader-uid-headers': list('X-Remote-Uid'),
    'requestheader-username-headers': list('X-Remote-User'),
  };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'kube-system' }, data };
  const send = (method: string, to: string, type: string, body: object) =>
    handle(
      {
        method,
        path: to,
        headers: { 'content-type': type, accept: 'application/json' },
        body: new TextEncoder().encode(JSON.stringify(body)),
      },
      kernelIdentity,
    );
  const made = await send('POST', path, 'application/json', object);
  if (made.status === 201) return;
  const patched =
    made.status === 409 ? await send('PATCH', `${path}/${name}`, 'application/merge-patch+json', { data }) : made;
  if (patched.status === 200) return;
  throw new Error(`cannot write ConfigMap ${name}: ${patched.status} ${String(patched.body)}`);
}
