/** Checks of the level restricted: hardened as far as pods can be (kubernetes pod-security-admission/policy). */
import { arrayAt, isRecord, type JsonRecord, recordsAt, stringAt } from '../../kinds/json.ts';
import { addedCapabilities, isSeccompOdd, seccompProfile } from './baseline.ts';
import {
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

export const allowPrivilegeEscalation: Judge = (pod) => {
  const bad = badContainers(pod, (container) => securityOf(container).allowPrivilegeEscalation !== false);
  if (bad.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${tellContainers(bad)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

export const droppedCapabilities: Judge = (pod) => {
  const keeps = badContainers(
    pod,
    (container) => !arrayAt(securityOf(container), 'capabilities', 'drop').includes('ALL'),
  );
  const extra = (container: JsonRecord): readonly string[] =>
    addedCapabilities(container).filter((name) => name !== 'NET_BIND_SERVICE');
  const adds = badContainers(pod, (container) => extra(container).length > 0);
  const names = quoteAll(sorted(containersOf(pod).flatMap(extra)));
  const details = [
    ...(keeps.length === 0 ? [] : [`${tellContainers(keeps)} must set securityContext.capabilities.drop=["ALL"]`]),
    ...(adds.length === 0
      ? []
      : [`${tellContainers(adds)} must not include ${names} in securityContext.capabilities.add`]),
  ];
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

const portableVolumes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
];

export const restrictedVolumes: Judge = ({ spec }) => {
  const bad = recordsAt(spec, 'volumes').filter((volume) => !portableVolumes.some((key) => isRecord(volume[key])));
  if (bad.length === 0) return undefined;
  const typeOfVolume = (volume: JsonRecord): string =>
    Object.keys(volume).find((key) => isRecord(volume[key])) ?? 'unknown';
  const types = sorted(bad.map(typeOfVolume));
  const names = quoteAll(bad.map((volume) => stringAt(volume, 'name')));
  const what = plural('restricted volume type', types.length);
  const verb = plural('uses', bad.length, 'use');
  return {
    reason: 'restricted volume types',
    detail: `${plural('volume', bad.length)} ${names} ${verb} ${what} ${quoteAll(types)}`,
  };
};

export const runAsNonRoot: Judge = (pod) => {
  const reason = 'runAsNonRoot != true';
  const who = tellSetters(pod, ({ runAsNonRoot: says }) => says === false);
  if (who !== '') return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  if (securityOf(pod.spec).runAsNonRoot === true) return undefined;
  const silent = badContainers(pod, (container) => securityOf(container).runAsNonRoot !== true);
  if (silent.length === 0) return undefined;
  return { reason, detail: `pod or ${tellContainers(silent)} must set securityContext.runAsNonRoot=true` };
};

export const runAsUser: Judge = (pod) => {
  const who = tellSetters(pod, ({ runAsUser: user }) => user === 0);
  return who === '' ? undefined : { reason: 'runAsUser=0', detail: `${who} must not set runAsUser=0` };
};

export const seccompRequired: Judge = (pod) => {
  const odd = seccompProfile(pod);
  const security = securityOf(pod.spec);
  if (odd !== undefined) return odd;
  if (typeOf(security, 'seccompProfile') !== undefined && !isSeccompOdd(security)) return undefined;
  const silent = badContainers(pod, (container) => typeOf(securityOf(container), 'seccompProfile') === undefined);
  if (silent.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `pod or ${tellContainers(silent)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};
