/** Checks of the level baseline: no known escalation of privileges (kubernetes pod-security-admission/policy). */
import { arrayAt, isRecord, type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../../kinds/json.ts';
import {
  allSecurity,
  badContainers,
  containersOf,
  type Judge,
  plural,
  quoteAll,
  securityOf,
  sorted,
  tellContainers,
  tellSetters,
  typeOf,
} from './check.ts';

const armorAnnotation = 'container.apparmor.security.beta.kubernetes.io/';

export const appArmorProfile: Judge = (pod) => {
  const bad = (security: JsonRecord): string | undefined => {
    const type = typeOf(security, 'appArmorProfile');
    return type === undefined || type === 'RuntimeDefault' || type === 'Localhost' ? undefined : type;
  };
  const annotations = Object.entries(pod.annotations)
    .filter(
      ([key, value]) => key.startsWith(armorAnnotation) && !/^(|runtime\/default|localhost\/.*)$/.test(String(value)),
    )
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .sort();
  const setters = tellSetters(pod, (security) => bad(security) !== undefined);
  const who = [setters, annotations.length === 0 ? '' : plural('annotation', annotations.length)].filter(Boolean);
  if (who.length === 0) return undefined;
  const values = [...sorted(allSecurity(pod).flatMap((security) => bad(security) ?? [])), ...annotations];
  return {
    reason: plural('forbidden AppArmor profile', values.length),
    detail: `${who.join(' and ')} must not set AppArmor profile type to ${quoteAll(values)}`,
  };
};

const usualCapabilities: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

export const addedCapabilities = (container: JsonRecord): readonly string[] =>
  arrayAt(securityOf(container), 'capabilities', 'add').map(String);

export const usualCapabilitiesOnly: Judge = (pod) => {
  const extra = (container: JsonRecord): readonly string[] =>
    addedCapabilities(container).filter((name) => !usualCapabilities.has(name));
  const bad = badContainers(pod, (container) => extra(container).length > 0);
  if (bad.length === 0) return undefined;
  const names = quoteAll(sorted(containersOf(pod).flatMap(extra)));
  return {
    reason: 'non-default capabilities',
    detail: `${tellContainers(bad)} must not include ${names} in securityContext.capabilities.add`,
  };
};

export const hostNamespaces: Judge = ({ spec }) => {
  const shared = ['hostNetwork', 'hostPID', 'hostIPC'].filter((key) => spec[key] === true);
  if (shared.length === 0) return undefined;
  return { reason: 'host namespaces', detail: shared.map((key) => `${key}=true`).join(', ') };
};

export const hostPathVolumes: Judge = ({ spec }) => {
  const volumes = recordsAt(spec, 'volumes').filter(({ hostPath }) => isRecord(hostPath));
  if (volumes.length === 0) return undefined;
  const names = quoteAll(volumes.map((volume) => stringAt(volume, 'name')));
  return { reason: 'hostPath volumes', detail: `${plural('volume', volumes.length)} ${names}` };
};

export const hostPorts: Judge = (pod) => {
  const ports = (container: JsonRecord): readonly string[] =>
    recordsAt(container, 'ports').flatMap((port) => {
      const number = numberAt(port, 'hostPort') ?? 0;
      return number === 0 ? [] : [String(number)];
    });
  const bad = badContainers(pod, (container) => ports(container).length > 0);
  if (bad.length === 0) return undefined;
  const used = sorted(containersOf(pod).flatMap(ports));
  const verb = plural('uses', bad.length, 'use');
  return {
    reason: 'hostPort',
    detail: `${tellContainers(bad)} ${verb} ${plural('hostPort', used.length)} ${used.join(', ')}`,
  };
};

const callers = [
  ['livenessProbe'],
  ['readinessProbe'],
  ['startupProbe'],
  ['lifecycle', 'postStart'],
  ['lifecycle', 'preStop'],
] as const;

/** A probe of another host makes the kubelet a proxy. */
export const hostProbes: Judge = (pod) => {
  const hosts = (container: JsonRecord): readonly string[] =>
    callers.flatMap((path) =>
      ['httpGet', 'tcpSocket'].flatMap((how) => stringAt(container, ...path, how, 'host') || []),
    );
  const bad = sorted(badContainers(pod, (container) => hosts(container).length > 0));
  if (bad.length === 0) return undefined;
  const called = sorted(containersOf(pod).flatMap(hosts));
  const what = plural('probe or lifecycle host', called.length);
  const verb = plural('uses', bad.length, 'use');
  return {
    reason: 'probe or lifecycle host',
    detail: `${tellContainers(bad)} ${verb} ${what} ${quoteAll(called)}`,
  };
};

export const privileged: Judge = (pod) => {
  const bad = badContainers(pod, (container) => securityOf(container).privileged === true);
  if (bad.length === 0) return undefined;
  return { reason: 'privileged', detail: `${tellContainers(bad)} must not set securityContext.privileged=true` };
};

export const procMount: Judge = (pod) => {
  const odd = (container: JsonRecord): readonly string[] => {
    const { procMount: type } = securityOf(container);
    return typeof type !== 'string' || type === 'Default' ? [] : [type];
  };
  const bad = badContainers(pod, (container) => odd(container).length > 0);
  if (bad.length === 0) return undefined;
  const types = quoteAll(sorted(containersOf(pod).flatMap(odd)));
  return { reason: 'procMount', detail: `${tellContainers(bad)} must not set securityContext.procMount to ${types}` };
};

export const seLinuxOptions =
  (...more: readonly string[]): Judge =>
  (pod) => {
    const allowed = ['', 'container_t', 'container_init_t', 'container_kvm_t', ...more];
    const options = (security: JsonRecord): JsonRecord => recordAt(security, 'seLinuxOptions');
    const isOdd = (security: JsonRecord): boolean => !allowed.includes(stringAt(options(security), 'type'));
    const sets = (security: JsonRecord, key: string): boolean => stringAt(options(security), key) !== '';
    const who = tellSetters(pod, (security) => isOdd(security) || sets(security, 'user') || sets(security, 'role'));
    if (who === '') return undefined;
    const all = allSecurity(pod);
    const types = sorted(all.filter(isOdd).map((security) => stringAt(options(security), 'type')));
    const what = [
      ...(types.length === 0 ? [] : [`${plural('type', types.length)} ${quoteAll(types)}`]),
      ...['user', 'role'].filter((key) => all.some((one) => sets(one, key))).map((key) => `${key} may not be set`),
    ];
    return {
      reason: 'seLinuxOptions',
      detail: `${who} set forbidden securityContext.seLinuxOptions: ${what.join('; ')}`,
    };
  };

const seccompAnnotation = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompOfContainer = 'container.seccomp.security.alpha.kubernetes.io/';

export const seccompAnnotations: Judge = (pod) => {
  const keys = [seccompAnnotation, ...containersOf(pod).map((one) => seccompOfContainer + stringAt(one, 'name'))];
  const bad = sorted(
    keys
      .filter(
        (key) =>
          !/^(runtime\/default|docker\/default|localhost\/.*)$/.test(String(pod.annotations[key] ?? 'runtime/default')),
      )
      .map((key) => `${key}=${JSON.stringify(pod.annotations[key])}`),
  );
  if (bad.length === 0) return undefined;
  return { reason: 'seccompProfile', detail: `forbidden ${plural('annotation', bad.length)} ${bad.join(', ')}` };
};

export const isSeccompOdd = (security: JsonRecord): boolean => {
  const type = typeOf(security, 'seccompProfile');
  return type !== undefined && type !== 'Localhost' && type !== 'RuntimeDefault';
};

export const seccompProfile: Judge = (pod) => {
  const who = tellSetters(pod, isSeccompOdd);
  if (who === '') return undefined;
  const types = sorted(
    allSecurity(pod)
      .filter(isSeccompOdd)
      .map((one) => typeOf(one, 'seccompProfile') ?? ''),
  );
  return {
    reason: 'seccompProfile',
    detail: `${who} must not set securityContext.seccompProfile.type to ${quoteAll(types)}`,
  };
};

const safeSysctls = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
];

export const sysctls =
  (...more: readonly string[]): Judge =>
  ({ spec }) => {
    const names = recordsAt(spec, 'securityContext', 'sysctls').map((one) => stringAt(one, 'name'));
    const bad = names.filter((name) => !safeSysctls.includes(name) && !more.includes(name));
    return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
  };

export const windowsHostProcess: Judge = (pod) => {
  const who = tellSetters(pod, (security) => recordAt(security, 'windowsOptions').hostProcess === true);
  if (who === '') return undefined;
  return { reason: 'hostProcess', detail: `${who} must not set securityContext.windowsOptions.hostProcess=true` };
};
