/** Defaults of pods and pod templates (kubernetes pkg/apis/core/v1/defaults.go). */

import { timestampOf } from '../custom/definition-status.ts';
import {
  ensureRecord,
  isRecord,
  type JsonRecord,
  recordAt,
  recordsAt,
  setDefault,
  setDefaultNumber,
  stringAt,
} from '../json.ts';
import type { WriteContext } from '../kind.ts';
import { parseQuantity } from '../quantity.ts';
import { mergeLabelKeys } from './pod-label-keys.ts';

const fileMode = 0o644;

export function defaultPodSpec(spec: JsonRecord): void {
  setDefault(spec, 'dnsPolicy', 'ClusterFirst');
  setDefault(spec, 'restartPolicy', 'Always');
  setDefault(spec, 'schedulerName', 'default-scheduler');
  setDefault(spec, 'terminationGracePeriodSeconds', 30);
  ensureRecord(spec, 'securityContext');
  defaultServiceAccount(spec);
  for (const name of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of recordsAt(spec, name)) defaultContainer(container, spec.hostNetwork === true);
  }
  for (const volume of recordsAt(spec, 'volumes')) defaultVolume(volume);
}

/** `serviceAccount` is the old name of `serviceAccountName`; both are always there. */
function defaultServiceAccount(spec: JsonRecord): void {
  const name = stringAt(spec, 'serviceAccountName') || stringAt(spec, 'serviceAccount');
  if (name === '') return;
  spec.serviceAccountName = name;
  spec.serviceAccount = name;
}

function defaultContainer(container: JsonRecord, hostNetwork: boolean): void {
  setDefault(container, 'imagePullPolicy', isLatest(stringAt(container, 'image')) ? 'Always' : 'IfNotPresent');
  setDefault(container, 'terminationMessagePath', '/dev/termination-log');
  setDefault(container, 'terminationMessagePolicy', 'File');
  ensureRecord(container, 'resources');
  for (const port of recordsAt(container, 'ports')) {
    setDefault(port, 'protocol', 'TCP');
    if (hostNetwork)
      setDefaultNumber(port, 'hostPort', typeof port.containerPort === 'number' ? port.containerPort : 0);
  }
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[name];
    if (isRecord(probe)) defaultProbe(probe);
  }
  for (const name of ['postStart', 'preStop']) {
    const request = recordAt(container, 'lifecycle', name).httpGet;
    if (isRecord(request)) defaultHttpGet(request);
  }
  for (const variable of recordsAt(container, 'env')) {
    const reference = recordAt(variable, 'valueFrom').fieldRef;
    if (isRecord(reference)) setDefault(reference, 'apiVersion', 'v1');
  }
}

/** No tag and no digest is `latest`. */
const part = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const host = '(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?';
const imageName = new RegExp(`^(?:${host}/)?${part}(?:/${part})*(?::(\\w[\\w.-]{0,127}))?(@[^@]+)?$`);

/** What is no image's name (distribution reference/regexp.go) has no tag either. */
function isLatest(image: string): boolean {
  const found = imageName.exec(image);
  if (found === null) return false;
  const [, tag, digest] = found;
  return tag === undefined ? digest === undefined : tag === 'latest';
}

function defaultProbe(probe: JsonRecord): void {
  setDefaultNumber(probe, 'timeoutSeconds', 1);
  setDefaultNumber(probe, 'periodSeconds', 10);
  setDefaultNumber(probe, 'successThreshold', 1);
  setDefaultNumber(probe, 'failureThreshold', 3);
  if (isRecord(probe.httpGet)) defaultHttpGet(probe.httpGet);
  if (isRecord(probe.grpc) && probe.grpc.service === undefined) probe.grpc.service = '';
}

function defaultHttpGet(request: JsonRecord): void {
  setDefault(request, 'path', '/');
  setDefault(request, 'scheme', 'HTTP');
}

function defaultVolume(volume: JsonRecord): void {
  const sources = Object.keys(volume).filter((key) => key !== 'name');
  if (sources.length === 0) volume.emptyDir = {};
  for (const name of ['secret', 'configMap', 'downwardAPI', 'projected']) {
    const source = volume[name];
    if (isRecord(source)) setDefault(source, 'defaultMode', fileMode);
  }
  if (isRecord(volume.hostPath) && volume.hostPath.type === undefined) volume.hostPath.type = '';
  for (const item of recordsAt(volume, 'downwardAPI', 'items')) {
    if (isRecord(item.fieldRef)) setDefault(item.fieldRef, 'apiVersion', 'v1');
  }
  for (const source of recordsAt(volume, 'projected', 'sources')) {
    if (isRecord(source.serviceAccountToken)) setDefault(source.serviceAccountToken, 'expirationSeconds', 3600);
    for (const item of recordsAt(source, 'downwardAPI', 'items')) {
      if (isRecord(item.fieldRef)) setDefault(item.fieldRef, 'apiVersion', 'v1');
    }
  }
}

/** What only pods themselves get, not templates: requests from limits, enableServiceLinks. */
export function defaultPod(pod: JsonRecord): void {
  const spec = ensureRecord(pod, 'spec');
  defaultPodSpec(spec);
  if (spec.enableServiceLinks === undefined) spec.enableServiceLinks = true;
  for (const container of [...recordsAt(spec, 'initContainers'), ...recordsAt(spec, 'containers')]) {
    const resources = ensureRecord(container, 'resources');
    if (!isRecord(resources.limits)) continue;
    const requests = ensureRecord(resources, 'requests');
    for (const [name, value] of Object.entries(resources.limits))
      if (requests[name] === undefined) requests[name] = value;
  }
}

const failureTolerationSeconds = 300;

/** Where a new pod stands (registry/core/pod/strategy.go, PrepareForCreate). */
export function preparePod(pod: JsonRecord, { nowMs }: WriteContext): void {
  pod.status = newStatus(recordAt(pod, 'spec'), nowMs);
  mergeLabelKeys(pod);
}

const gated = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
  lastProbeTime: null,
};

function newStatus(spec: JsonRecord, nowMs: number): JsonRecord {
  const status = { phase: 'Pending', qosClass: qosClass(spec) };
  return recordsAt(spec, 'schedulingGates').length === 0
    ? status
    : { ...status, conditions: [{ ...gated, lastTransitionTime: timestampOf(nowMs) }] };
}

/** What upstream's default admission plug-ins add on create: ServiceAccount, Priority, DefaultTolerationSeconds. */
export function admitPod(pod: JsonRecord): void {
  const spec = ensureRecord(pod, 'spec');
  // A mirror pod has no account: what it runs as is nothing its node could choose (ServiceAccount admission).
  if (!Object.hasOwn(recordAt(pod, 'metadata', 'annotations'), 'kubernetes.io/config.mirror')) {
    setDefault(spec, 'serviceAccountName', 'default');
    spec.serviceAccount = spec.serviceAccountName;
  }
  if (spec.priority === undefined) spec.priority = 0;
  setDefault(spec, 'preemptionPolicy', 'PreemptLowerPriority');
  tolerateFailures(spec);
  ensureRecord(pod, 'status').qosClass = qosClass(spec);
}

/** What two of them add on update: tolerations somebody took away, the priority that was left out. */
export function admitPodUpdate(pod: JsonRecord, previous: JsonRecord): void {
  const spec = ensureRecord(pod, 'spec');
  const before = recordAt(previous, 'spec');
  for (const key of ['priority', 'preemptionPolicy'])
    if (spec[key] === undefined && before[key] !== undefined) spec[key] = before[key];
  tolerateFailures(spec);
}

/** For five minutes a pod stays on a node that is not ready or out of reach. */
function tolerateFailures(spec: JsonRecord): void {
  const tolerations = [...recordsAt(spec, 'tolerations')];
  for (const key of ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']) {
    const covers = (toleration: JsonRecord) => {
      const effect = stringAt(toleration, 'effect');
      const tolerated = stringAt(toleration, 'key');
      return (tolerated === key || tolerated === '') && (effect === 'NoExecute' || effect === '');
    };
    if (tolerations.some(covers)) continue;
    tolerations.push({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: failureTolerationSeconds });
  }
  spec.tolerations = tolerations;
}

const computed = ['cpu', 'memory'];

/** What is more than nothing of processor time and memory, added up over the parts of a pod. */
function sums(lists: readonly JsonRecord[]): ReadonlyMap<string, bigint> {
  const found = new Map<string, bigint>();
  for (const list of lists) {
    for (const name of computed) {
      const nanos = parseQuantity(String(list[name] ?? ''))?.nanos ?? 0n;
      if (nanos > 0n) found.set(name, (found.get(name) ?? 0n) + nanos);
    }
  }
  return found;
}

/** Guaranteed, Burstable or BestEffort (pkg/apis/core/helper/qos): what a pod has as a whole goes before its containers. */
export function qosClass(spec: JsonRecord): string {
  const containers = [...recordsAt(spec, 'initContainers'), ...recordsAt(spec, 'containers')];
  const parts = isRecord(spec.resources) ? [spec.resources] : containers.map((item) => recordAt(item, 'resources'));
  const limits = parts.map((part) => recordAt(part, 'limits'));
  const wanted = sums(parts.map((part) => recordAt(part, 'requests')));
  const allowed = sums(limits);
  if (wanted.size === 0 && allowed.size === 0) return 'BestEffort';
  const isLimited = limits.every((list) => sums([list]).size === computed.length);
  return isLimited && computed.every((name) => wanted.get(name) === allowed.get(name)) ? 'Guaranteed' : 'Burstable';
}
