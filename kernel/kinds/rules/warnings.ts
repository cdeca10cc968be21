/** Which kinds warn of what they accept, by type name (the strategies' WarningsOnCreate and WarningsOnUpdate). */
import { arrayAt, type JsonRecord, recordAt, stringAt } from '../json.ts';
import type { KindRules } from '../kind.ts';
import { labelProblems } from '../names.ts';
import { podWarnings, templateWarnings } from './pod-warnings.ts';

/** Types that go out of use; every request for them says so. */
export const deprecatedTypes: Readonly<Record<string, string>> = {
  'core.v1.Endpoints': 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  'core.v1.ComponentStatus': 'v1 ComponentStatus is deprecated in v1.19+',
};

type Warnings = NonNullable<KindRules['warnings']>;

const ofTemplate: Warnings = (object, previous) =>
  templateWarnings(recordAt(object, 'spec'), isNewer(object, previous));

/** Names of pods begin with the name of what makes them. */
const ofNamedTemplate: Warnings = (object, previous) => [
  ...(previous === undefined ? nameWarnings(object) : []),
  ...ofTemplate(object, previous),
];

function nameWarnings(object: JsonRecord): readonly string[] {
  const problems = labelProblems(stringAt(object, 'metadata', 'name'));
  if (problems.length === 0) return [];
  const why =
    'metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended';
  return [`${why}: [${problems.join(' ')}]`];
}

function isNewer(object: JsonRecord, previous: JsonRecord | undefined): boolean {
  return (
    previous === undefined || recordAt(object, 'metadata').generation !== recordAt(previous, 'metadata').generation
  );
}

const ofService: Warnings = (object) => {
  const spec = recordAt(object, 'spec');
  const isExternalName = spec.type === 'ExternalName';
  const isHeadless = arrayAt(spec, 'clusterIPs').length === 1 && spec.clusterIP === 'None' && !isExternalName;
  const hasExternalIps = arrayAt(spec, 'externalIPs').length > 0;
  const warnings: string[] = [];
  if ('service.kubernetes.io/topology-aware-hints' in recordAt(object, 'metadata', 'annotations')) {
    warnings.push(
      'annotation service.kubernetes.io/topology-aware-hints is deprecated, please use service.kubernetes.io/topology-mode instead',
    );
  }
  if (isHeadless) {
    if (stringAt(spec, 'loadBalancerIP') !== '') warnings.push('spec.loadBalancerIP is ignored for headless services');
    if (hasExternalIps) warnings.push('spec.externalIPs is ignored for headless services');
    if (spec.sessionAffinity !== 'None') warnings.push('spec.SessionAffinity is ignored for headless services');
  }
  if (isExternalName && hasExternalIps) warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"');
  if (!isExternalName && stringAt(spec, 'externalName') !== '')
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"');
  if (spec.trafficDistribution === 'PreferClose')
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"');
  return warnings;
};

const ofCronJob: Warnings = (object, previous) => {
  const jobSpec = recordAt(object, 'spec', 'jobTemplate', 'spec');
  const warnings = [
    ...(previous === undefined ? nameWarnings(object) : []),
    ...templateWarnings(jobSpec, isNewer(object, previous), 'spec.jobTemplate.spec'),
  ];
  if (!stringAt(object, 'spec', 'schedule').includes('TZ')) return warnings;
  const where = 'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/';
  return [
    ...warnings,
    `cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see ${where} for more details`,
  ];
};

const mountableSecrets = 'kubernetes.io/enforce-mountable-secrets';

const ofServiceAccount: Warnings = (object, previous) => {
  const isSet = (account: JsonRecord | undefined): boolean =>
    mountableSecrets in recordAt(account, 'metadata', 'annotations');
  if (!isSet(object) || isSet(previous)) return [];
  const why = 'deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets';
  return [`metadata.annotations[${mountableSecrets}]: ${why}`];
};

export const warningsByKind: Readonly<Record<string, Warnings>> = {
  // Nobody but programs updates pods, and they do it often.
  'core.v1.Pod': (pod, previous) => (previous === undefined ? podWarnings(pod, '') : []),
  'core.v1.PodTemplate': (object, previous) =>
    isNewer(object, previous) ? podWarnings(recordAt(object, 'template'), 'template.') : [],
  'core.v1.ReplicationController': ofNamedTemplate,
  'core.v1.Service': ofService,
  'core.v1.ServiceAccount': ofServiceAccount,
  'apps.v1.Deployment': ofNamedTemplate,
  'apps.v1.ReplicaSet': ofNamedTemplate,
  'apps.v1.StatefulSet': ofNamedTemplate,
  'apps.v1.DaemonSet': ofTemplate,
  'batch.v1.Job': ofNamedTemplate,
  'batch.v1.CronJob': ofCronJob,
  'networking.v1.Ingress': (object, previous) =>
    previous === undefined && 'kubernetes.io/ingress.class' in recordAt(object, 'metadata', 'annotations')
      ? ['annotation "kubernetes.io/ingress.class" is deprecated, please use \'spec.ingressClassName\' instead']
      : [],
};
