/** Keeps this machine's Node and its Lease true: registered, its status current, its heart beating. */
import {
  type Client,
  formatMicroTime,
  formatTime,
  isAlreadyExists,
  isNotFound,
  type Lease,
  type Node,
  resources,
} from '@diatom/sdk';
import { type Machine, readMachine } from './machine.ts';
import { type NodeFacts, nodeLabelChanges, nodeObject, nodeStatus } from './node-object.ts';

const leaseNamespace = 'kube-node-lease';
/** As the kubelet: a Lease of 40 s, renewed every 10 s; the status when it changes, else every 5 min. */
const leaseSeconds = 40;
export const heartbeatMs = 10_000;
const reportMs = 300_000;

export class NodeRegistration {
  readonly #client: Client;
  readonly #dataDirectory: string;
  readonly #facts: Omit<NodeFacts, 'machine' | 'tenderProblem'>;
  #node: Node | undefined;
  #reported = '';
  #reportedAt = 0;

  constructor(client: Client, dataDirectory: string, facts: Omit<NodeFacts, 'machine' | 'tenderProblem'>) {
    this.#client = client;
    this.#dataDirectory = dataDirectory;
    this.#facts = facts;
  }

  async register(tenderProblem: string | undefined): Promise<void> {
    const nodes = this.#client.resource(resources.nodes);
    try {
      this.#node = await nodes.create(nodeObject(this.#facts));
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      this.#node = await nodes.patch(this.#facts.name, {
        kind: 'merge',
        changes: { metadata: { labels: nodeLabelChanges(this.#facts) }, spec: nodeObject(this.#facts).spec },
      });
    }
    this.#reported = '';
    await this.beat(tenderProblem);
  }

  /** One heartbeat: renews the Lease, and reports the status when it is due. */
  async beat(tenderProblem: string | undefined): Promise<void> {
    await this.#renewLease();
    const now = this.#client.clock.now();
    const machine = readMachine(this.#dataDirectory);
    const facts: NodeFacts = { ...this.#facts, machine, tenderProblem };
    const summary = JSON.stringify([coarse(machine), tenderProblem]);
    if (summary === this.#reported && now - this.#reportedAt < reportMs) return;
    const status = nodeStatus(facts, this.#node?.status, formatTime(now));
    try {
      this.#node = await this.#client
        .resource(resources.nodes)
        .patch(this.#facts.name, { kind: 'merge', changes: { status } }, { subresource: 'status' });
    } catch (error) {
      // Somebody deleted the Node: it is registered anew, as the kubelet does after its restart.
      if (!isNotFound(error)) throw error;
      await this.register(tenderProblem);
      return;
    }
    this.#reported = summary;
    this.#reportedAt = now;
  }

  async #renewLease(): Promise<void> {
    const leases = this.#client.resource(resources.leases, leaseNamespace);
    const { name } = this.#facts;
    const renewTime = formatMicroTime(this.#client.clock.now());
    try {
      await leases.patch(name, {
        kind: 'merge',
        changes: { spec: { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime } },
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      const lease: Lease = {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: {
          name,
          namespace: leaseNamespace,
          ...(this.#node?.metadata.uid === undefined
            ? {}
            : { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name, uid: this.#node.metadata.uid }] }),
        },
        spec: { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime },
      };
      await leases.create(lease);
    }
  }
}

/** What makes a new report worth it: pressures, not every byte. */
function coarse(machine: Machine): unknown {
  return [
    machine.cpuCount,
    machine.memoryBytes,
    machine.availableMemoryBytes < 100 * 2 ** 20,
    machine.availableDiskBytes < machine.diskBytes / 10,
    machine.processCount > machine.mostProcesses * 0.9,
    machine.bootId,
  ];
}
