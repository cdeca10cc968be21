/** Which checks a level makes in which version (kubernetes pod-security-admission/policy): each has a row. */
import * as baseline from './baseline.ts';
import { hasOwnUsers, isWindows, type Judge, type JudgedPod, unless, type Violation } from './check.ts';
import type { Demand, Level } from './levels.ts';
import * as restricted from './restricted.ts';

interface Check {
  readonly name: string;
  readonly level: Exclude<Level, 'privileged'>;
  /** From which minor version on, the newest first. */
  readonly since: readonly (readonly [minor: number, judge: Judge])[];
  /** The check of baseline it makes superfluous. */
  readonly instead?: string;
}

const kept = ['net.ipv4.tcp_keepalive_time', 'net.ipv4.tcp_fin_timeout', 'net.ipv4.tcp_keepalive_intvl'];
const [since27, since29, since32] = [
  ['net.ipv4.ip_local_reserved_ports'],
  [...kept, 'net.ipv4.tcp_keepalive_probes'],
  ['net.ipv4.tcp_rmem', 'net.ipv4.tcp_wmem'],
];

/** In the order in which violations are told. */
const checks: readonly Check[] = [
  { name: 'appArmorProfile', level: 'baseline', since: [[0, baseline.appArmorProfile]] },
  { name: 'capabilities', level: 'baseline', since: [[0, baseline.usualCapabilitiesOnly]] },
  { name: 'hostNamespaces', level: 'baseline', since: [[0, baseline.hostNamespaces]] },
  { name: 'hostPathVolumes', level: 'baseline', since: [[0, baseline.hostPathVolumes]] },
  { name: 'hostPorts', level: 'baseline', since: [[0, baseline.hostPorts]] },
  { name: 'hostProbes', level: 'baseline', since: [[34, baseline.hostProbes]] },
  { name: 'privileged', level: 'baseline', since: [[0, baseline.privileged]] },
  {
    name: 'procMount',
    level: 'baseline',
    since: [
      [35, unless(hasOwnUsers, baseline.procMount)],
      [0, baseline.procMount],
    ],
  },
  {
    name: 'seLinuxOptions',
    level: 'baseline',
    since: [
      [31, baseline.seLinuxOptions('container_engine_t')],
      [0, baseline.seLinuxOptions()],
    ],
  },
  {
    name: 'seccompProfile',
    level: 'baseline',
    since: [
      [19, baseline.seccompProfile],
      [0, baseline.seccompAnnotations],
    ],
  },
  {
    name: 'sysctls',
    level: 'baseline',
    since: [
      [32, baseline.sysctls(...since27, ...since29, ...since32)],
      [29, baseline.sysctls(...since27, ...since29)],
      [27, baseline.sysctls(...since27)],
      [0, baseline.sysctls()],
    ],
  },
  { name: 'windowsHostProcess', level: 'baseline', since: [[0, baseline.windowsHostProcess]] },
  {
    name: 'allowPrivilegeEscalation',
    level: 'restricted',
    since: [
      [25, unless(isWindows, restricted.allowPrivilegeEscalation)],
      [8, restricted.allowPrivilegeEscalation],
    ],
  },
  {
    name: 'droppedCapabilities',
    level: 'restricted',
    since: [
      [25, unless(isWindows, restricted.droppedCapabilities)],
      [22, restricted.droppedCapabilities],
    ],
    instead: 'capabilities',
  },
  { name: 'restrictedProcMount', level: 'restricted', since: [[35, baseline.procMount]], instead: 'procMount' },
  { name: 'volumes', level: 'restricted', since: [[0, restricted.restrictedVolumes]], instead: 'hostPathVolumes' },
  {
    name: 'runAsNonRoot',
    level: 'restricted',
    since: [
      [35, unless(hasOwnUsers, restricted.runAsNonRoot)],
      [0, restricted.runAsNonRoot],
    ],
  },
  {
    name: 'runAsUser',
    level: 'restricted',
    since: [
      [35, unless(hasOwnUsers, restricted.runAsUser)],
      [23, restricted.runAsUser],
    ],
  },
  {
    name: 'seccompRequired',
    level: 'restricted',
    since: [
      [25, unless(isWindows, restricted.seccompRequired)],
      [19, restricted.seccompRequired],
    ],
    instead: 'seccompProfile',
  },
];

const judgesByDemand = new Map<string, readonly Judge[]>();

function judgesOf({ level, version }: Demand): readonly Judge[] {
  const key = `${level} ${version}`;
  let judges = judgesByDemand.get(key);
  if (judges === undefined) {
    const at = ({ since }: Check): Judge | undefined =>
      since.find(([minor]) => version === 'latest' || minor <= version)?.[1];
    const made = checks.filter((check) => (level === 'restricted' || check.level === level) && at(check) !== undefined);
    const superfluous = new Set(made.map(({ instead }) => instead));
    judges = made.filter(({ name }) => !superfluous.has(name)).flatMap((check) => at(check) ?? []);
    // Anybody may write any version into a label.
    if (judgesByDemand.size > 100) judgesByDemand.clear();
    judgesByDemand.set(key, judges);
  }
  return judges;
}

export function violations(demand: Demand, pod: JudgedPod): readonly Violation[] {
  return demand.level === 'privileged' ? [] : judgesOf(demand).flatMap((judge) => judge(pod) ?? []);
}
