/** The Node object of this machine (kubelet pkg/kubelet/nodestatus). Pure. */
import type { Condition, Node } from '@diatom/sdk';
import { podCidr } from '../../addresses/address-pool.ts';
import { handlerNames, type Runtimes } from '../pod/runtime.ts';
import { hvtLabel } from '../settings.ts';
import type { Machine } from './machine.ts';

const diatomVersion = '0.1.0';
/** The Kubernetes version whose API it speaks, and its own. */
const agentVersion = `v1.35.0+diatom.${diatomVersion}`;

/** Kept back from pods: the cell itself and the rest of the machine. */
const reservedMemoryBytes = 256 * 2 ** 20;
/** An instance costs a few hundred KiB and a sleeping pod two sockets; the address range ends at 32,736. */
const mostPods = 10_000;

export interface NodeFacts {
  readonly name: string;
  readonly addressRange: number;
  readonly hostIP: string;
  readonly logPort: number;
  readonly runtimes: Runtimes;
  readonly machine: Machine;
  /** Why the tender does not answer; undefined when it does. */
  readonly tenderProblem: string | undefined;
}

const runsVirtualMachines = (runtimes: Runtimes): boolean => handlerNames(runtimes).includes('hvt');

/** As a merge patch: what must not be there any more is null. */
export function nodeLabelChanges(facts: Labelled): Readonly<Record<string, string | null>> {
  return { ...(runsVirtualMachines(facts.runtimes) ? {} : { [hvtLabel]: null }), ...nodeLabels(facts) };
}

type Labelled = Pick<NodeFacts, 'name' | 'runtimes'>;

function nodeLabels({ name, runtimes }: Labelled): Readonly<Record<string, string>> {
  return {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'beta.kubernetes.io/arch': 'amd64',
    ...(runsVirtualMachines(runtimes) ? { [hvtLabel]: 'true' } : {}),
  };
}

export function nodeObject({ name, addressRange, runtimes }: Labelled & Pick<NodeFacts, 'addressRange'>): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { ...nodeLabels({ name, runtimes }) } },
    spec: { podCIDR: podCidr(addressRange) },
  };
}

export function nodeStatus(facts: NodeFacts, previous: Node['status'], nowIso: string): NonNullable<Node['status']> {
  const { machine } = facts;
  const resources = (memoryBytes: number): Record<string, string> => ({
    cpu: String(machine.cpuCount),
    memory: `${Math.floor(memoryBytes / 1024)}Ki`,
    'ephemeral-storage': `${Math.floor(machine.diskBytes / 1024)}Ki`,
    pods: String(mostPods),
  });
  return {
    capacity: resources(machine.memoryBytes),
    allocatable: resources(Math.max(0, machine.memoryBytes - reservedMemoryBytes)),
    conditions: conditionsOf(facts).map((condition) => {
      const before = previous?.conditions?.find(({ type }) => type === condition.type);
      return {
        ...condition,
        lastHeartbeatTime: nowIso,
        lastTransitionTime: before?.status === condition.status ? (before.lastTransitionTime ?? nowIso) : nowIso,
      };
    }),
    addresses: [
      { type: 'InternalIP', address: facts.hostIP },
      { type: 'Hostname', address: facts.name },
    ],
    runtimeHandlers: ['', ...handlerNames(facts.runtimes)].map((name) => ({
      name,
      features: { recursiveReadOnlyMounts: false, userNamespaces: false },
    })),
    daemonEndpoints: { kubeletEndpoint: { Port: facts.logPort } },
    nodeInfo: {
      machineID: machine.machineId,
      systemUUID: machine.machineId,
      bootID: machine.bootId,
      kernelVersion: machine.kernelVersion,
      osImage: machine.operatingSystem,
      containerRuntimeVersion: `diatom-${facts.runtimes.kind}://${diatomVersion}`,
      kubeletVersion: agentVersion,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
  };
}

/** Thresholds are the kubelet's hard eviction defaults: memory below 100 MiB, disk below 10 %. */
function conditionsOf({ machine, tenderProblem, runtimes }: NodeFacts): readonly Condition[] {
  const pressure = (type: string, isUnder: boolean, under: string, fine: string, what: string): Condition => ({
    type,
    status: isUnder ? 'True' : 'False',
    reason: isUnder ? under : fine,
    message: isUnder
      ? `the machine has insufficient ${what} available`
      : `the machine has sufficient ${what} available`,
  });
  return [
    pressure(
      'MemoryPressure',
      machine.availableMemoryBytes < 100 * 2 ** 20,
      'KubeletHasInsufficientMemory',
      'KubeletHasSufficientMemory',
      'memory',
    ),
    pressure(
      'DiskPressure',
      machine.availableDiskBytes < machine.diskBytes / 10,
      'KubeletHasDiskPressure',
      'KubeletHasNoDiskPressure',
      'disk space',
    ),
    pressure(
      'PIDPressure',
      machine.processCount > machine.mostProcesses * 0.9,
      'KubeletHasInsufficientPID',
      'KubeletHasSufficientPID',
      'PIDs',
    ),
    ...(runtimes.kind === 'process' ? [hvtCondition(runtimes.hvtProblem)] : []),
    {
      type: 'Ready',
      status: tenderProblem === undefined ? 'True' : 'False',
      reason: tenderProblem === undefined ? 'KubeletReady' : 'KubeletNotReady',
      message: tenderProblem ?? 'the agent and its tender are ready',
    },
  ];
}

function hvtCondition(problem: string | undefined): Condition {
  return problem === undefined
    ? { type: 'HvtAvailable', status: 'True', reason: 'KvmWorks', message: 'a probe guest has run under KVM' }
    : { type: 'HvtAvailable', status: 'False', reason: 'KvmDoesNotWork', message: problem };
}
