/** What `kubectl get pods` shows (printers.go, printPod). */
import { isRecord, type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../json.ts';
import type { Column } from '../kind.ts';
import { ageLast, at, none, text, wide } from './column.ts';
import { humanDuration } from './duration.ts';

interface PodSummary {
  readonly ready: number;
  readonly total: number;
  readonly status: string;
  readonly restarts: number;
  /** Milliseconds since the epoch, 0 when no container has ended yet. */
  readonly lastRestartMs: number;
}

function exitText(terminated: JsonRecord): string {
  const reason = stringAt(terminated, 'reason');
  if (reason !== '') return reason;
  const signal = numberAt(terminated, 'signal') ?? 0;
  return signal === 0 ? `ExitCode:${numberAt(terminated, 'exitCode') ?? 0}` : `Signal:${signal}`;
}

function endedAtMs(status: JsonRecord): number {
  const time = Date.parse(stringAt(status, 'lastState', 'terminated', 'finishedAt'));
  return Number.isNaN(time) ? 0 : time;
}

const isSidecar = (container: JsonRecord | undefined): boolean => stringAt(container, 'restartPolicy') === 'Always';

interface InitSummary {
  readonly ready: number;
  readonly restarts: number;
  readonly sidecarRestarts: number;
  readonly lastRestartMs: number;
  readonly sidecarLastRestartMs: number;
  /** `Init:0/2`; undefined when all are done. */
  readonly reason: string | undefined;
}

function summariseInit(pod: JsonRecord): InitSummary {
  const containers = recordsAt(pod, 'spec', 'initContainers');
  let [ready, restarts, sidecarRestarts, lastRestartMs, sidecarLastRestartMs] = [0, 0, 0, 0, 0];
  for (const [index, status] of recordsAt(pod, 'status', 'initContainerStatuses').entries()) {
    const container = containers.find((item) => item.name === status.name);
    restarts += numberAt(status, 'restartCount') ?? 0;
    lastRestartMs = Math.max(lastRestartMs, endedAtMs(status));
    if (isSidecar(container)) {
      sidecarRestarts += numberAt(status, 'restartCount') ?? 0;
      sidecarLastRestartMs = Math.max(sidecarLastRestartMs, endedAtMs(status));
    }
    const { terminated, waiting } = recordAt(status, 'state');
    if (isRecord(terminated) && (numberAt(terminated, 'exitCode') ?? 0) === 0) continue;
    if (isSidecar(container) && status.started === true) {
      if (status.ready === true) ready++;
      continue;
    }
    const waitingReason = stringAt(waiting, 'reason');
    let reason = `Init:${index}/${containers.length}`;
    if (isRecord(terminated)) reason = `Init:${exitText(terminated)}`;
    else if (waitingReason !== '' && waitingReason !== 'PodInitializing') reason = `Init:${waitingReason}`;
    return { ready, restarts, sidecarRestarts, lastRestartMs, sidecarLastRestartMs, reason };
  }
  return { ready, restarts, sidecarRestarts, lastRestartMs, sidecarLastRestartMs, reason: undefined };
}

function hasCondition(pod: JsonRecord, type: string): boolean {
  return recordsAt(pod, 'status', 'conditions').some((item) => item.type === type && item.status === 'True');
}

export function summarisePod(pod: JsonRecord): PodSummary {
  const init = summariseInit(pod);
  const phase = stringAt(pod, 'status', 'phase');
  let status = stringAt(pod, 'status', 'reason') || phase;
  const gated = recordsAt(pod, 'status', 'conditions').some(
    (item) => item.type === 'PodScheduled' && item.reason === 'SchedulingGated',
  );
  if (gated) status = 'SchedulingGated';
  let { ready, restarts, lastRestartMs } = init;
  if (init.reason !== undefined) status = init.reason;
  if (init.reason === undefined || hasCondition(pod, 'Initialized')) {
    restarts = init.sidecarRestarts;
    lastRestartMs = init.sidecarLastRestartMs;
    let hasRunning = false;
    for (const container of [...recordsAt(pod, 'status', 'containerStatuses')].reverse()) {
      restarts += numberAt(container, 'restartCount') ?? 0;
      lastRestartMs = Math.max(lastRestartMs, endedAtMs(container));
      const { waiting, terminated, running } = recordAt(container, 'state');
      if (stringAt(waiting, 'reason') !== '') status = stringAt(waiting, 'reason');
      else if (isRecord(terminated)) status = exitText(terminated);
      else if (container.ready === true && isRecord(running)) hasRunning = true;
      // A sleeping container (waiting, reason Asleep) is ready: a connection starts it.
      if (container.ready === true && (isRecord(running) || isRecord(waiting))) ready++;
    }
    if (status === 'Completed' && hasRunning) status = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
  }
  if (stringAt(pod, 'metadata', 'deletionTimestamp') !== '') {
    if (stringAt(pod, 'status', 'reason') === 'NodeLost') status = 'Unknown';
    else if (phase !== 'Succeeded' && phase !== 'Failed') status = 'Terminating';
  }
  const sidecars = recordsAt(pod, 'spec', 'initContainers').filter(isSidecar).length;
  return { ready, total: recordsAt(pod, 'spec', 'containers').length + sidecars, status, restarts, lastRestartMs };
}

function restartsText(pod: JsonRecord, nowMs: number): string {
  const { restarts, lastRestartMs } = summarisePod(pod);
  return restarts > 0 && lastRestartMs > 0
    ? `${restarts} (${humanDuration(nowMs - lastRestartMs)} ago)`
    : String(restarts);
}

function readinessGates(pod: JsonRecord): string {
  const gates = recordsAt(pod, 'spec', 'readinessGates');
  if (gates.length === 0) return none;
  return `${gates.filter((gate) => hasCondition(pod, stringAt(gate, 'conditionType'))).length}/${gates.length}`;
}

export const podColumns: readonly Column[] = [
  text('Ready', (pod) => {
    const { ready, total } = summarisePod(pod);
    return `${ready}/${total}`;
  }),
  text('Status', (pod) => summarisePod(pod).status),
  text('Restarts', restartsText),
  ageLast,
  wide('IP', at('status', 'podIP')),
  wide('Node', at('spec', 'nodeName')),
  wide('Nominated Node', at('status', 'nominatedNodeName')),
  wide('Readiness Gates', readinessGates),
];
