/** For tests: a kernel with the servers in this process, each with its own identity and role, and a fake kubelet. */
import { MessageChannel } from 'node:worker_threads';
import {
  Client,
  Controller,
  changesOf,
  formatTime,
  Informers,
  isNotFound,
  type Node,
  type Pod,
  resources,
  splitKey,
} from '@diatom/sdk';
import type { Server } from '@diatom/servers';
import { server as endpoints } from '@diatom/servers/endpoints/index.ts';
import { server as gc } from '@diatom/servers/gc/index.ts';
import { server as namespaces } from '@diatom/servers/namespaces/index.ts';
import { server as quota } from '@diatom/servers/quota/index.ts';
import { server as scheduler } from '@diatom/servers/scheduler/index.ts';
import { server as deployments } from '@diatom/servers/workloads/deployments/index.ts';
import { server as replicaSets } from '@diatom/servers/workloads/replicasets/index.ts';
import { startKernel, type TestKernel } from './kernel.ts';

export const servers = { namespaces, gc, deployments, replicasets: replicaSets, scheduler, endpoints, quota } as const;
export type ServerName = keyof typeof servers;

interface Running {
  readonly stop: AbortController;
  readonly finished: Promise<void>;
  readonly close: () => void;
}

export class ControllersRig implements AsyncDisposable {
  readonly client: Client;
  readonly log: string[] = [];
  readonly #kernel: TestKernel;
  readonly #running = new Map<ServerName, Running>();
  readonly #kubelet = new AbortController();
  #kubeletFinished: Promise<void> = Promise.resolve();

  private constructor(kernel: TestKernel) {
    this.#kernel = kernel;
    this.client = new Client(kernel.port());
  }

  static async start(names: readonly ServerName[] = Object.keys(servers) as ServerName[]): Promise<ControllersRig> {
    const rig = new ControllersRig(await startKernel());
    await Promise.all(names.map((name) => rig.#grant(servers[name])));
    await Promise.all(names.map((name) => rig.startServer(name)));
    return rig;
  }

  get kubeconfigPath(): string {
    return this.#kernel.kernel.kubeconfigPath;
  }

  async startServer(name: ServerName): Promise<void> {
    const { port1, port2 } = new MessageChannel();
    const user = `system:serviceaccount:kube-system:${name}`;
    const groups = ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'];
    this.#kernel.kernel.attachPort(port1, { name: user, groups });
    const stop = new AbortController();
    const ready = Promise.withResolvers<void>();
    const finished = servers[name].run(
      {
        port: port2,
        settings: { certificateAuthorityPath: `${this.#kernel.directory}/pki/ca.crt` },
        log: (message) => this.log.push(`${name}: ${message}`),
        signal: stop.signal,
      },
      ready.resolve,
    );
    this.#running.set(name, { stop, finished, close: () => port2.close() });
    await Promise.race([ready.promise, finished]);
  }

  /** As a killed worker: the port closes in the middle of whatever was going on. */
  async kill(name: ServerName): Promise<void> {
    const running = this.#running.get(name);
    this.#running.delete(name);
    running?.close();
    await running?.finished.catch(() => {});
  }

  async stopServer(name: ServerName): Promise<void> {
    const running = this.#running.get(name);
    this.#running.delete(name);
    running?.stop.abort();
    await running?.finished;
    running?.close();
  }

  /** A node whose pods become Ready at once and go when they are told to. */
  async startKubelet(name = 'node-1', allocatable: Record<string, string> = {}): Promise<void> {
    const node: Node = {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name },
      status: {
        allocatable: { cpu: '64', memory: '64Gi', pods: '1000', ...allocatable },
        conditions: [{ type: 'Ready', status: 'True' }],
      },
    };
    const created = await this.client.resource(resources.nodes).create(node);
    if (created.status?.allocatable === undefined) {
      await this.client.resource(resources.nodes).updateStatus({ ...node, metadata: created.metadata });
    }
    const informers = new Informers(this.client, { log: (message) => this.log.push(`kubelet: ${message}`) });
    const pods = informers.of(resources.pods, { fieldSelector: `spec.nodeName=${name}` });
    let serial = 0;
    const controller = new Controller({
      name: 'kubelet',
      concurrency: 32,
      log: (message) => this.log.push(`kubelet: ${message}`),
      sources: [changesOf(pods)],
      reconcile: async (key) => {
        const pod = pods.get(key);
        if (pod === undefined) return undefined;
        serial += 1;
        await this.#runPod(pod, `127.1.${serial >> 8}.${serial & 255}`).catch((error: unknown) => {
          if (!isNotFound(error)) throw error;
        });
        return undefined;
      },
    });
    const running = controller.run(this.#kubelet.signal);
    this.#kubeletFinished = Promise.all([this.#kubeletFinished, running.then(() => informers.close())]).then(() => {});
  }

  async #runPod(pod: Pod, ip: string): Promise<void> {
    const { namespace, name } = splitKey(`${pod.metadata.namespace}/${pod.metadata.name}`);
    const client = this.client.resource(resources.pods, namespace);
    if (pod.metadata.deletionTimestamp !== undefined) {
      await client.delete(name, { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid ?? '' } });
    } else if (pod.status?.phase !== 'Running') {
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: formatTime(Date.now()) }];
      const isBroken = pod.spec.containers.some(({ image }) => image === 'broken');
      const status = isBroken ? { phase: 'Running' } : { phase: 'Running', podIP: ip, conditions };
      await client.patch(name, { kind: 'strategic', changes: { status } }, { subresource: 'status' });
    }
  }

  async #grant({ name, rules }: Server): Promise<void> {
    const metadata = { name: `diatom:${name}` };
    const apiGroup = 'rbac.authorization.k8s.io';
    const mutableRules = rules.map((rule) => structuredClone(rule) as { verbs: string[] });
    await this.client
      .resource(resources.clusterRoles)
      .create({ apiVersion: `${apiGroup}/v1`, kind: 'ClusterRole', metadata, rules: mutableRules });
    await this.client.resource(resources.clusterRoleBindings).create({
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata,
      roleRef: { apiGroup, kind: 'ClusterRole', name: metadata.name },
      subjects: [{ kind: 'ServiceAccount', name, namespace: 'kube-system' }],
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#kubelet.abort();
    await Promise.all([...this.#running.keys()].map((name) => this.stopServer(name)));
    await this.#kubeletFinished;
    await this.client.close();
    await this.#kernel[Symbol.asyncDispose]();
  }
}
