import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { HttpTransportOptions } from './http-transport.ts';
import { parseYamlSubset } from './yaml-subset.ts';

interface Cluster {
  readonly server?: string;
  readonly 'certificate-authority'?: string;
  readonly 'certificate-authority-data'?: string;
  readonly 'insecure-skip-tls-verify'?: string | boolean;
  readonly 'tls-server-name'?: string;
}

interface User {
  readonly 'client-certificate'?: string;
  readonly 'client-certificate-data'?: string;
  readonly 'client-key'?: string;
  readonly 'client-key-data'?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly username?: string;
  readonly password?: string;
  readonly exec?: {
    readonly command: string;
    readonly args?: readonly string[];
    readonly env?: readonly { readonly name: string; readonly value: string }[];
    readonly apiVersion?: string;
  };
}

interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly clusters?: readonly { readonly name: string; readonly cluster: Cluster }[];
  readonly users?: readonly { readonly name: string; readonly user: User }[];
  readonly contexts?: readonly {
    readonly name: string;
    readonly context: { readonly cluster: string; readonly user?: string; readonly namespace?: string };
  }[];
}

export interface Connection {
  readonly options: HttpTransportOptions;
  /** The namespace of the context, `default` when it names none. */
  readonly namespace: string;
}

/** Reads a kubeconfig: `path`, else the first entry of $KUBECONFIG, else ~/.kube/config. */
export function loadKubeconfig(path?: string, contextName?: string): Connection {
  const file = path ?? process.env.KUBECONFIG?.split(':')[0] ?? join(homedir(), '.kube', 'config');
  try {
    return readConfig(parseYamlSubset(readFileSync(file, 'utf8')) as Kubeconfig, dirname(resolve(file)), contextName);
  } catch (error) {
    throw new Error(`kubeconfig ${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

function readConfig(config: Kubeconfig, folder: string, contextName: string | undefined): Connection {
  const wanted = contextName ?? config['current-context'];
  if (wanted === undefined || wanted === '') throw new Error('it has no current-context; name a context');
  const context = named(config.contexts, wanted, 'context').context;
  const cluster = named(config.clusters, context.cluster, 'cluster').cluster;
  const user = context.user === undefined ? {} : named(config.users, context.user, 'user').user;
  if (cluster.server === undefined) throw new Error(`cluster "${context.cluster}" has no server`);
  const read = (data: string | undefined, file: string | undefined): string | undefined => {
    if (data !== undefined) return Buffer.from(data, 'base64').toString();
    return file === undefined ? undefined : readFileSync(resolve(folder, file), 'utf8');
  };
  const { tokenFile } = user;
  const fromPlugin = user.exec === undefined ? undefined : askPlugin(user.exec);
  return {
    namespace: context.namespace ?? 'default',
    options: {
      server: cluster.server,
      certificateAuthority: read(cluster['certificate-authority-data'], cluster['certificate-authority']),
      clientCertificate:
        fromPlugin?.clientCertificateData ?? read(user['client-certificate-data'], user['client-certificate']),
      clientKey: fromPlugin?.clientKeyData ?? read(user['client-key-data'], user['client-key']),
      token:
        fromPlugin?.token ??
        user.token ??
        (tokenFile === undefined ? undefined : () => readFileSync(resolve(folder, tokenFile), 'utf8').trim()),
      username: user.username,
      password: user.password,
      skipTlsVerify: String(cluster['insecure-skip-tls-verify'] ?? false) === 'true',
      tlsServerName: cluster['tls-server-name'],
    },
  };
}

function named<N extends { readonly name: string }>(list: readonly N[] | undefined, name: string, what: string): N {
  const found = (list ?? []).find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`it has no ${what} "${name}"`);
  return found;
}

interface PluginCredential {
  readonly token?: string;
  readonly clientCertificateData?: string;
  readonly clientKeyData?: string;
}

/** client.authentication.k8s.io ExecCredential, asked once when the file is loaded. */
function askPlugin(plugin: NonNullable<User['exec']>): PluginCredential {
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const { name, value } of plugin.env ?? []) env[name] = value;
  env.KUBERNETES_EXEC_INFO = JSON.stringify({
    apiVersion: plugin.apiVersion ?? 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    spec: { interactive: false },
  });
  const output = process
    .getBuiltinModule('node:child_process')
    .execFileSync(plugin.command, [...(plugin.args ?? [])], { env, encoding: 'utf8' });
  const credential = JSON.parse(output) as { readonly status?: PluginCredential };
  if (credential.status === undefined) throw new Error(`credential plugin ${plugin.command} printed no status`);
  return credential.status;
}

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The connection every pod of a Kubernetes cluster is given; undefined outside of one. */
export function loadInCluster(folder = serviceAccountFolder): Connection | undefined {
  const host = process.env.KUBERNETES_SERVICE_HOST;
  const port = process.env.KUBERNETES_SERVICE_PORT;
  const tokenPath = join(folder, 'token');
  if (host === undefined || port === undefined || !existsSync(tokenPath)) return undefined;
  const namespacePath = join(folder, 'namespace');
  return {
    namespace: existsSync(namespacePath) ? readFileSync(namespacePath, 'utf8').trim() : 'default',
    options: {
      server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
      certificateAuthority: readFileSync(join(folder, 'ca.crt'), 'utf8'),
      // Tokens of pods are replaced about every hour.
      token: () => readFileSync(tokenPath, 'utf8').trim(),
    },
  };
}
