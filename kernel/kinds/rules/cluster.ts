/** Namespaces, nodes, leases and the other small kinds. */
import type { FieldError } from '../../wire/status.ts';
import {
  duplicateValue,
  forbiddenField,
  immutable,
  invalidValue,
  notSupported,
  quote,
  required,
} from '../field-errors.ts';
import {
  arrayAt,
  deepEqual,
  ensureRecord,
  isRecord,
  type JsonRecord,
  numberAt,
  recordAt,
  recordsAt,
  semanticallyEqual,
  setDefault,
  stringAt,
} from '../json.ts';
import type { KindRules, ObjectList } from '../kind.ts';
import { labelProblems, labelValueProblems, qualifiedNameProblems } from '../names.ts';
import { compareQuantities } from '../quantity.ts';
import { validateLabels } from '../validate-metadata.ts';
import { alignNodeBlocks } from './first-of-list.ts';
import { systemPriorities } from './pod-priority.ts';
import { validateTolerations } from './pod-validation.ts';
import { type Amounts, add, countedBy, isInScope, usageOf } from './quota-usage.ts';

const nameLabel = 'kubernetes.io/metadata.name';

/** A cell is not without them (apiserver plugin/namespace/lifecycle). */
const lastingNamespaces: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

export const namespaceRules: KindRules = {
  name: 'label',
  defaults: (object) => {
    const metadata = ensureRecord(object, 'metadata');
    const name = stringAt(metadata, 'name');
    if (name !== '') ensureRecord(metadata, 'labels')[nameLabel] = name;
    setDefault(ensureRecord(object, 'status'), 'phase', 'Active');
  },
  prepareCreate: (object) => {
    const spec = ensureRecord(object, 'spec');
    if (!arrayAt(spec, 'finalizers').includes('kubernetes'))
      spec.finalizers = [...arrayAt(spec, 'finalizers'), 'kubernetes'];
    object.status = { phase: 'Active' };
  },
  prepareUpdate: (object, previous) => {
    ensureRecord(object, 'spec').finalizers = recordAt(previous, 'spec').finalizers;
  },
  beforeDelete: (object) => {
    ensureRecord(object, 'status').phase = 'Terminating';
  },
  held: (object) => arrayAt(object, 'spec', 'finalizers').length > 0,
  admitDelete: (object) =>
    lastingNamespaces.has(stringAt(object, 'metadata', 'name')) ? 'this namespace may not be deleted' : undefined,
};

export const nodeRules: KindRules = {
  keepsStatusOnCreate: true,
  defaults: (object) => {
    alignNodeBlocks(ensureRecord(object, 'spec'));
    const status = ensureRecord(object, 'status');
    if (status.allocatable === undefined && isRecord(status.capacity)) status.allocatable = { ...status.capacity };
  },
  validate: (object) => taintErrors(recordsAt(object, 'spec', 'taints'), 'spec.taints'),
  validateUpdate: (object, previous) => {
    const [after, before] = [recordAt(object, 'spec'), recordAt(previous, 'spec')];
    const errors: FieldError[] = [];
    for (const [key, detail] of [
      ['providerID', 'node updates may not change providerID except from "" to valid'],
      ['podCIDRs', 'node updates may not change podCIDR except from "" to valid'],
    ] as const) {
      if (before[key] === undefined || before[key] === '' || (arrayAt(before, key).length === 0 && key === 'podCIDRs'))
        continue;
      if (!semanticallyEqual(after[key], before[key])) errors.push(forbiddenField(`spec.${key}`, detail));
    }
    return errors;
  },
};

const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function taintErrors(taints: readonly JsonRecord[], path: string): FieldError[] {
  const seen = new Set<string>();
  return taints.flatMap((taint, index) => {
    const at = `${path}[${index}]`;
    const [key, value, effect] = [stringAt(taint, 'key'), stringAt(taint, 'value'), stringAt(taint, 'effect')];
    const errors = [
      ...qualifiedNameProblems(key).map((problem) => invalidValue(`${at}.key`, key, problem)),
      ...labelValueProblems(value).map((problem) => invalidValue(`${at}.value`, value, problem)),
    ];
    if (effect === '') errors.push(required(`${at}.effect`));
    else if (!taintEffects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, taintEffects));
    const identity = `${key}:${effect}`;
    if (seen.has(identity))
      errors.push({
        ...duplicateValue(at, taint),
        message: `Duplicate value: ${quote(taint)}: taints must be unique by key and effect pair`,
      });
    seen.add(identity);
    return errors;
  });
}

export const leaseRules: KindRules = {
  createOnUpdate: true,
  conditionalUpdate: true,
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const errors: FieldError[] = [];
    const duration = numberAt(spec, 'leaseDurationSeconds');
    if (duration !== undefined && duration <= 0)
      errors.push(invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
    const transitions = numberAt(spec, 'leaseTransitions');
    if (transitions !== undefined && transitions < 0) {
      errors.push(invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
    }
    return errors;
  },
};

/** Most that the texts of an event with an eventTime may hold. */
const eventTextLimits = { reportingInstance: 128, action: 128, reason: 128 } as const;
const eventMessageLimit = 1024;

/** Events of today say when and by whom; older ones only what about (kubernetes pkg/apis/core/validation/events.go). */
function eventErrors(object: JsonRecord): FieldError[] {
  const involved = stringAt(object, 'involvedObject', 'namespace');
  const namespace = stringAt(object, 'metadata', 'namespace');
  const mismatch = invalidValue('involvedObject.namespace', involved, 'does not match event.namespace');
  if (stringAt(object, 'eventTime') === '') {
    const fits = involved === '' ? namespace === '' || namespace === 'default' : involved === namespace;
    return fits ? [] : [mismatch];
  }
  const errors: FieldError[] = [];
  if (involved === '' && namespace !== 'default' && namespace !== 'kube-system') errors.push(mismatch);
  const controller = stringAt(object, 'reportingComponent');
  if (controller === '') errors.push(required('reportingComponent'));
  for (const problem of qualifiedNameProblems(controller))
    errors.push(invalidValue('reportingComponent', controller, problem));
  for (const [field, limit] of Object.entries(eventTextLimits)) {
    const text = stringAt(object, field);
    if (text === '') errors.push(required(field));
    if (text.length > limit) errors.push(invalidValue(field, '', `can have at most ${limit} characters`));
  }
  if (stringAt(object, 'message').length > eventMessageLimit)
    errors.push(invalidValue('message', '', `can have at most ${eventMessageLimit} characters`));
  return errors;
}

export const eventRules: KindRules = { uncollected: true, createOnUpdate: true, validate: eventErrors };

const highestUserPriority = 1_000_000_000;
const preemptions = ['Never', 'PreemptLowerPriority'];

export const priorityClassRules: KindRules = {
  generation: true,
  defaults: (object) => {
    setDefault(object, 'preemptionPolicy', 'PreemptLowerPriority');
    if (object.value === undefined) object.value = 0;
  },
  validate: (object) => {
    const name = stringAt(object, 'metadata', 'name');
    const value = numberAt(object, 'value') ?? 0;
    const errors: FieldError[] = [];
    if (name.startsWith('system-')) {
      if (systemPriorities.get(name) !== value) {
        const detail =
          "priority class names with 'system-' prefix are reserved for system use only. error: " +
          `${name} is not a known system priority class`;
        errors.push(forbiddenField('metadata.name', detail));
      }
    } else if (value > highestUserPriority) {
      const detail = `maximum allowed value of a user defined priority is ${highestUserPriority}`;
      errors.push(forbiddenField('value', detail));
    }
    const policy = stringAt(object, 'preemptionPolicy');
    if (!preemptions.includes(policy)) errors.push(notSupported('preemptionPolicy', policy, preemptions));
    return errors;
  },
  validateUpdate: (object, previous) => {
    const errors = object.value === previous.value ? [] : [forbiddenField('value', 'may not be changed in an update.')];
    if (object.preemptionPolicy !== previous.preemptionPolicy)
      errors.push(immutable('preemptionPolicy', object.preemptionPolicy));
    return errors;
  },
};

export const runtimeClassRules: KindRules = {
  createOnUpdate: true,
  conditionalUpdate: true,
  validate: (object) => {
    const handler = stringAt(object, 'handler');
    const scheduling = recordAt(object, 'scheduling');
    const errors: FieldError[] = labelProblems(handler).map((problem) => invalidValue('handler', handler, problem));
    errors.push(...validateLabels(recordAt(scheduling, 'nodeSelector'), 'scheduling.nodeSelector'));
    validateTolerations(recordsAt(scheduling, 'tolerations'), 'scheduling.tolerations', errors);
    for (const [name, quantity] of Object.entries(recordAt(object, 'overhead', 'podFixed'))) {
      if (compareQuantities(String(quantity), '0') < 0)
        errors.push(invalidValue(`overhead.podFixed[${name}]`, quantity, 'must be greater than or equal to 0'));
    }
    return errors;
  },
  validateUpdate: (object, previous) =>
    object.handler === previous.handler ? [] : [immutable('handler', object.handler)],
};

export const ingressClassRules: KindRules = {
  generation: true,
  validate: (object) => {
    const controller = stringAt(object, 'spec', 'controller');
    if (controller === '') return [required('spec.controller')];
    return /^[^/]+\/.+$/.test(controller)
      ? []
      : [invalidValue('spec.controller', controller, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  },
};

export const controllerRevisionRules: KindRules = {
  validateUpdate: (object, previous) => (deepEqual(object.data, previous.data) ? [] : [immutable('data', object.data)]),
};

const limitedNames = /^(cpu|memory|storage|ephemeral-storage|hugepages-.+)$/;
const limitTypes = ['Container', 'PersistentVolumeClaim', 'Pod'];

/** The bounds of one resource have to leave room for each other. */
function limitErrors(limit: JsonRecord, at: string): FieldError[] {
  const bound = (key: string, name: string): string | undefined => {
    const value = recordAt(limit, key)[name];
    return value === undefined ? undefined : String(value);
  };
  const names = ['min', 'max', 'default', 'defaultRequest', 'maxLimitRequestRatio'].flatMap((key) =>
    Object.keys(recordAt(limit, key)),
  );
  const orders = [
    ['min', 'min', 'max', 'max'],
    ['min', 'min', 'defaultRequest', 'default request'],
    ['defaultRequest', 'default request', 'max', 'max'],
    ['defaultRequest', 'default request', 'default', 'default limit'],
    ['default', 'default', 'max', 'max'],
    ['min', 'min', 'default', 'default'],
  ] as const;
  const odd = [...new Set(names)].filter((name) => !name.includes('/') && !limitedNames.test(name));
  const wrong = odd.map((name) => invalidValue(at, name, 'must be a standard resource type or fully qualified'));
  const disordered = [...new Set(names)].flatMap((name) =>
    orders.flatMap(([lower, lowerName, upper, upperName]) => {
      const [low, high] = [bound(lower, name), bound(upper, name)];
      if (low === undefined || high === undefined || compareQuantities(low, high) <= 0) return [];
      const detail = `${lowerName} value ${low} is greater than ${upperName} value ${high}`;
      return [invalidValue(`${at}.${lower}[${name}]`, low, detail)];
    }),
  );
  return [...wrong, ...disordered];
}

export const limitRangeRules: KindRules = {
  createOnUpdate: true,
  defaults: (object) => {
    for (const limit of recordsAt(object, 'spec', 'limits')) {
      if (limit.type !== 'Container') continue;
      // A limit nobody names is the largest there may be, a request the limit or the least (SetDefaults_LimitRangeItem).
      const filled = (key: string, ...from: readonly string[]): void => {
        for (const source of from)
          for (const [name, value] of Object.entries(recordAt(limit, source))) {
            const target = ensureRecord(limit, key);
            if (target[name] === undefined) target[name] = value;
          }
      };
      filled('default', 'max');
      filled('defaultRequest', 'default', 'min');
    }
  },
  validate: (object) => {
    const seen = new Set<string>();
    return recordsAt(object, 'spec', 'limits').flatMap((limit, index) => {
      const at = `spec.limits[${index}]`;
      const type = stringAt(limit, 'type');
      const errors: FieldError[] = [];
      if (!limitTypes.includes(type) && !type.includes('/')) errors.push(notSupported(`${at}.type`, type, limitTypes));
      if (seen.has(type)) errors.push(duplicateValue(`${at}.type`, type));
      seen.add(type);
      if (type === 'Pod') {
        for (const key of ['default', 'defaultRequest'])
          if (Object.keys(recordAt(limit, key)).length > 0)
            errors.push(forbiddenField(`${at}.${key}`, "may not be specified when `type` is 'Pod'"));
      }
      if (
        type === 'PersistentVolumeClaim' &&
        recordAt(limit, 'min').storage === undefined &&
        recordAt(limit, 'max').storage === undefined
      )
        errors.push(
          required(`${at}.limits`, 'either minimum or maximum storage value is required, but neither was provided'),
        );
      return [...errors, ...limitErrors(limit, at)];
    });
  },
};

/** Resources of pods, numbers of objects. */
const quotaNames =
  /^(((requests|limits)\.)?(cpu|memory|ephemeral-storage)|requests\.storage|(requests\.)?hugepages-.+|pods|services|replicationcontrollers|resourcequotas|secrets|configmaps|persistentvolumeclaims|services\.(nodeports|loadbalancers))$/;

/**
 * What a status limits and does not say the use of is counted now: whoever wants a quota counted anew (servers/quota)
 * leaves `used` out, and gets a count that no write can have come between.
 */
function countMissing(quota: JsonRecord, list: ObjectList, nowMs: number): boolean {
  const status = recordAt(quota, 'status');
  const used = recordAt(status, 'used');
  const missing = Object.keys(recordAt(status, 'hard')).filter((name) => used[name] === undefined);
  if (missing.length === 0) return false;
  const namespace = stringAt(quota, 'metadata', 'namespace');
  const listed = new Map<string, Amounts>();
  const counted = missing.flatMap((name) => {
    const kind = countedBy(name);
    if (kind === undefined) return [];
    const id = `${kind.group}/${kind.resource}`;
    const total =
      listed.get(id) ??
      list(kind.group, kind.resource, namespace)
        .filter((object) => isInScope(quota, kind, object))
        .reduce<Amounts>((sum, object) => add(sum, usageOf(kind, object, nowMs)), {});
    listed.set(id, total);
    return [[name, total[name] ?? '0'] as const];
  });
  ensureRecord(quota, 'status').used = { ...used, ...Object.fromEntries(counted) };
  return true;
}

export const resourceQuotaRules: KindRules = {
  prepareCreate: (object) => {
    object.status = {};
  },
  prepareStatus: (object, _previous, { list, nowMs, counted }) => {
    if (list !== undefined && countMissing(object, list, nowMs)) counted?.();
  },
  validate: (object) =>
    Object.entries(recordAt(object, 'spec', 'hard')).flatMap(([name, value]) => {
      const at = `spec.hard[${name}]`;
      const errors: FieldError[] = qualifiedNameProblems(name).map((problem) => invalidValue(at, name, problem));
      if (errors.length === 0 && !name.includes('/') && !quotaNames.test(name))
        errors.push(invalidValue(at, name, 'must be a standard resource for quota'));
      if (compareQuantities(String(value), '0') < 0)
        errors.push(invalidValue(at, value, 'must be greater than or equal to 0'));
      return errors;
    }),
  validateUpdate: (object, previous) => {
    const [after, before] = [recordAt(object, 'spec').scopes, recordAt(previous, 'spec').scopes];
    return semanticallyEqual(after, before) ? [] : [immutable('spec.scopes', after)];
  },
};
