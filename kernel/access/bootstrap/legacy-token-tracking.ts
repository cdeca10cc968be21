/**
 * Since when the use of tokens in Secrets is noted down: whoever clears away those nobody uses has to know
 * (kubernetes pkg/controlplane/controller/legacytokentracking).
 */
import type { ApiHandler } from '@diatom/sdk/api';
import { lastUsedLabel, type UsedSecret } from '../authn/legacy-tokens.ts';
import { kernelIdentity } from './bootstrap.ts';

const configMaps = '/api/v1/namespaces/kube-system/configmaps';
const name = 'kube-apiserver-legacy-service-account-token-tracking';
const dayMs = 86_400_000;

const dayOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 'YYYY-MM-DD'.length);

function send(handle: ApiHandler, method: string, path: string, type: string, body: object) {
  const headers = { 'content-type': type, accept: 'application/json', 'user-agent': 'tokens' };
  return handle({ method, path, headers, body: new TextEncoder().encode(JSON.stringify(body)) }, kernelIdentity);
}

/** The day stays the one of the first start. */
export async function beginTracking(handle: ApiHandler, nowMs: number): Promise<void> {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { since: dayOf(nowMs) } };
  const { status, body } = await send(handle, 'POST', configMaps, 'application/json', object);
  if (status !== 201 && status !== 409) throw new Error(`cannot write ConfigMap ${name}: ${status} ${String(body)}`);
}

/** Once a day. The Secret may be gone or changed meanwhile: then there is nothing to note down. */
export async function noteUse(handle: ApiHandler, secret: UsedSecret, nowMs: number): Promise<void> {
  if (secret.lastUsed === dayOf(nowMs) || secret.lastUsed === dayOf(nowMs + dayMs)) return;
  const path = `/api/v1/namespaces/${secret.namespace}/secrets/${secret.name}`;
  const metadata = { uid: secret.uid, labels: { [lastUsedLabel]: dayOf(nowMs) } };
  await send(handle, 'PATCH', path, 'application/merge-patch+json', { metadata });
}
