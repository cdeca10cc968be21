/**
 * What a pod asks for that a sealed image or this agent cannot give. One row per wish; nothing is ever ignored silently:
 * a problem keeps the container waiting with its sentence, a notice becomes a Warning event and the pod runs.
 */
import type { Container, Pod, Probe } from '@diatom/sdk';
import type { SlotSpec, StoredImage } from '@diatom/tender';

/** Volumes that pods get without asking (service account tokens) or that other platforms need: left unmounted. */
const toleratedVolumes = new Set(['name', 'projected', 'configMap', 'secret', 'downwardAPI', 'emptyDir']);

interface Row<T> {
  readonly isAsked: (subject: T) => boolean;
  readonly says: string;
}

const podRows: readonly Row<Pod['spec']>[] = [
  { isAsked: (spec) => spec.hostNetwork === true, says: 'hostNetwork: a pod has its own address only' },
  {
    isAsked: (spec) => flag(spec, 'hostPID') || flag(spec, 'hostIPC'),
    says: 'hostPID and hostIPC: an image sees no other process',
  },
  {
    isAsked: (spec) => (spec.initContainers ?? []).length > 0,
    says: 'initContainers: not supported; prepare the image at build time',
  },
];

const containerRows: readonly Row<Container>[] = [
  {
    isAsked: (container) => container.command !== undefined,
    says: 'command: an image has one entry, fixed when it was sealed',
  },
  { isAsked: (container) => container.args !== undefined, says: 'args: an image takes no arguments; use env' },
  { isAsked: (container) => container.workingDir !== undefined, says: 'workingDir: an image has no file system' },
  { isAsked: (container) => container.lifecycle !== undefined, says: 'lifecycle: hooks are not supported' },
  {
    isAsked: (container) => container.restartPolicy !== undefined,
    says: 'restartPolicy of a container: set it on the pod',
  },
  {
    isAsked: (container) => flag(container, 'stdin') || flag(container, 'tty'),
    says: 'stdin and tty: an image has a console for output only',
  },
  {
    isAsked: (container) => (container.ports ?? []).some((port) => port.hostPort !== undefined),
    says: 'hostPort: use a Service of type NodePort',
  },
  {
    isAsked: (container) => (container.ports ?? []).some((port) => (port.protocol ?? 'TCP') !== 'TCP'),
    says: 'ports: only TCP is supported',
  },
  {
    isAsked: (container) => isPrivileged(container.securityContext),
    says: 'securityContext: an image is never privileged and gets no capabilities',
  },
  {
    isAsked: (container) =>
      probes(container).some((probe) => probe.httpGet === undefined && probe.tcpSocket === undefined),
    says: 'probes: only httpGet and tcpSocket are supported; there is nothing to exec in an image',
  },
  {
    isAsked: (container) => probes(container).some((probe) => (probe.httpGet?.scheme ?? 'HTTP') !== 'HTTP'),
    says: 'probes: httpGet supports the scheme HTTP only',
  },
  {
    isAsked: (container) =>
      (container.env ?? []).some((variable) => variable.valueFrom?.resourceFieldRef !== undefined),
    says: 'env: resourceFieldRef is not supported',
  },
];

/** Why this container cannot run here; empty when it can. Each entry names the field first. */
export function problemsOf(pod: Pod, container: Container): readonly string[] {
  return [
    ...podRows.filter((row) => row.isAsked(pod.spec)).map((row) => row.says),
    ...containerRows.filter((row) => row.isAsked(container)).map((row) => row.says),
    ...volumeProblems(pod.spec.volumes ?? []),
  ];
}

/** Wishes that are not fulfilled but harm nobody. */
export function noticesOf(container: Container, boot: SlotSpec['boot']): readonly string[] {
  const notices: string[] = [];
  const mounts = (container.volumeMounts ?? []).filter((mount) => !isTokenMount(mount));
  if (mounts.length > 0) {
    notices.push(`volumeMounts of container ${container.name} are left out: an image has no file system`);
  }
  if (container.resources?.limits?.cpu !== undefined) {
    notices.push(`resources.limits.cpu of container ${container.name} is not enforced by this node`);
  }
  if (boot === 'per-connection' && probes(container).length > 0) {
    notices.push(
      `probes of container ${container.name} are not run: each would boot an instance of its own and say nothing about the others`,
    );
  } else if (boot === 'lazy' && container.livenessProbe !== undefined) {
    notices.push(
      `livenessProbe of container ${container.name} runs only until it first succeeds after a boot: a probe is a connection and would keep the pod awake`,
    );
  }
  return notices;
}

/** The ports a pod names must be ports the image listens on: nothing else would ever answer. */
export function portProblems(container: Container, manifest: StoredImage['manifest']): readonly string[] {
  const offered = manifest.ports.map(({ port }) => port);
  return (container.ports ?? [])
    .map(({ containerPort }) => containerPort)
    .filter((port) => !offered.includes(port))
    .map(
      (port) =>
        `ports: image ${container.image ?? ''} does not listen on ${port}; ${offered.length === 0 ? 'it listens on no port' : `it listens on ${offered.join(', ')}`}`,
    );
}

export const idleTimeoutAnnotation = 'diatom.dev/idle-timeout';

const durationUnitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** Go's duration syntax without signs: `30s`, `1m30s`, `250ms`. Undefined when it is not one. */
export function parseDurationMs(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return undefined;
  let totalMs = 0;
  for (const [, amount = '0', unit = 's'] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    totalMs += Number(amount) * (durationUnitsMs[unit] ?? 0);
  }
  return totalMs;
}

function volumeProblems(volumes: readonly unknown[]): readonly string[] {
  return volumes.flatMap((volume) => {
    const kinds = Object.keys(volume as Record<string, unknown>).filter((key) => !toleratedVolumes.has(key));
    const { name } = volume as { readonly name?: string };
    return kinds.map((kind) => `volumes: ${kind} (volume ${name ?? ''}): an image has no file system`);
  });
}

function isTokenMount(mount: unknown): boolean {
  return (mount as { readonly mountPath?: string }).mountPath === '/var/run/secrets/kubernetes.io/serviceaccount';
}

function probes(container: Container): readonly Probe[] {
  return [container.livenessProbe, container.readinessProbe, container.startupProbe].filter(
    (probe) => probe !== undefined,
  );
}

function flag(subject: object, name: string): boolean {
  return (subject as Record<string, unknown>)[name] === true;
}

function isPrivileged(securityContext: unknown): boolean {
  const context = (securityContext ?? {}) as {
    readonly privileged?: boolean;
    readonly capabilities?: { readonly add?: readonly string[] };
  };
  return context.privileged === true || (context.capabilities?.add ?? []).length > 0;
}
