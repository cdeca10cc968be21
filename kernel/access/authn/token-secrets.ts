/**
 * Secrets of the type kubernetes.io/service-account-token: whoever makes one gets a token of the account it names, good
 * for as long as both are there (Kubernetes "Manually create a long-lived API token"; kubernetes
 * pkg/controller/serviceaccount/tokens_controller.go).
 */
import type { ApiHandler } from '@diatom/sdk/api';
import { type JsonRecord, recordAt, stringAt } from '../../kinds/json.ts';
import { objectKey, resourcePrefix } from '../../store/keys.ts';
import type { Store, StoreEvent } from '../../store/store.ts';
import { kernelIdentity } from '../bootstrap/bootstrap.ts';
import { legacyClaims } from './legacy-tokens.ts';
import type { TokenSigner } from './token.ts';

const tokenSecretType = 'kubernetes.io/service-account-token';
const nameAnnotation = 'kubernetes.io/service-account.name';
const uidAnnotation = 'kubernetes.io/service-account.uid';

export interface TokenSecretOptions {
  readonly store: Store;
  readonly handle: ApiHandler;
  readonly signer: TokenSigner;
  /** PEM of the authority of the API server. */
  readonly authority: string;
  readonly log: (message: string) => void;
}

/** Fills in what is there, then follows. */
export function keepTokenSecrets(options: TokenSecretOptions): { close(): void } {
  const { store, log } = options;
  const secrets = resourcePrefix('', 'secrets');
  const accounts = resourcePrefix('', 'serviceaccounts');
  const follow = (prefix: string, take: (event: StoreEvent) => void) =>
    store.watch({
      prefix,
      after: store.revision,
      onEvents: (events) => events.forEach(take),
      onEnd: () => log('Secrets with tokens are no longer filled in: the store ended the watch'),
    });
  const look = (value: string): void => {
    // Most Secrets are of another type, and are not parsed.
    if (!value.includes(tokenSecretType)) return;
    settle(options, JSON.parse(value) as JsonRecord).catch((error: unknown) => log(`a Secret with a token: ${error}`));
  };
  const watches = [
    follow(secrets, ({ kind, value }) => {
      if (kind === 'put') look(value);
    }),
    follow(accounts, ({ kind, key }) => {
      if (kind !== 'delete') return;
      const [namespace = ''] = key.slice(accounts.length).split('/');
      for (const { value } of store.list(resourcePrefix('', 'secrets', namespace)).items) look(value);
    }),
  ];
  for (const { value } of store.list(secrets).items) look(value);
  return {
    close: () => {
      for (const watch of watches) watch.cancel();
    },
  };
}

async function settle({ store, handle, signer, authority }: TokenSecretOptions, secret: JsonRecord): Promise<void> {
  if (stringAt(secret, 'type') !== tokenSecretType || stringAt(secret, 'metadata', 'deletionTimestamp') !== '') return;
  const [namespace, name] = [stringAt(secret, 'metadata', 'namespace'), stringAt(secret, 'metadata', 'name')];
  const account = accountOf(store, secret);
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
  const send = (method: string, contentType: string, body: object) =>
    handle(
      {
        method,
        path,
        headers: { 'content-type': contentType, accept: 'application/json', 'user-agent': 'tokens' },
        body: new TextEncoder().encode(JSON.stringify(body)),
      },
      kernelIdentity,
    );
  const { uid, resourceVersion } = recordAt(secret, 'metadata');
  if (account === undefined) {
    await send('DELETE', 'application/json', { preconditions: { uid, resourceVersion } });
    return;
  }
  const data = recordAt(secret, 'data');
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  // Only what is not there: a controller beside the kernel may have its own idea of the rest.
  const token = (): string => signer.signLegacy(legacyClaims(namespace, name, account));
  const values = { 'ca.crt': () => authority, namespace: () => namespace, token };
  const missing = Object.fromEntries(
    Object.entries(values)
      .filter(([key]) => stringAt(data, key) === '')
      .map(([key, value]) => [key, base64(value())]),
  );
  const isSigned = stringAt(secret, 'metadata', 'annotations', uidAnnotation) === account.uid;
  if (isSigned && Object.keys(missing).length === 0) return;
  // Somebody else's change in between comes here as its own event.
  const metadata = { resourceVersion, annotations: { [uidAnnotation]: account.uid } };
  const { status, body } = await send('PATCH', 'application/merge-patch+json', { metadata, data: missing });
  if (status !== 200 && status !== 404 && status !== 409) throw new Error(`${path}: ${status} ${String(body)}`);
}

/** Undefined: there is none, or one of the same name that was made since. */
function accountOf(store: Store, secret: JsonRecord): { readonly name: string; readonly uid: string } | undefined {
  const annotation = (key: string): string => stringAt(secret, 'metadata', 'annotations', key);
  const [namespace, name, uid] = [
    stringAt(secret, 'metadata', 'namespace'),
    annotation(nameAnnotation),
    annotation(uidAnnotation),
  ];
  const stored = store.get(objectKey({ group: '', resource: 'serviceaccounts', namespace, name }));
  if (stored === undefined) return undefined;
  const found = stringAt(JSON.parse(stored.value), 'metadata', 'uid');
  return uid === '' || uid === found ? { name, uid: found } : undefined;
}
