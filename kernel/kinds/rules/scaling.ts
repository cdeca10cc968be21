/** HorizontalPodAutoscalers and PodDisruptionBudgets (pkg/apis/{autoscaling,policy}). */
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../field-errors.ts';
import {
  arrayAt,
  ensureRecord,
  isRecord,
  type JsonRecord,
  numberAt,
  recordAt,
  recordsAt,
  setDefault,
  stringAt,
} from '../json.ts';
import type { KindRules } from '../kind.ts';
import { compareQuantities } from '../quantity.ts';
import { validateSelector } from './selector-validation.ts';

// ---- autoscalers ---------------------------------------------------------------------------------------------------

/** By type, the field that holds the metric. */
const metricFields = new Map([
  ['ContainerResource', 'containerResource'],
  ['External', 'external'],
  ['Object', 'object'],
  ['Pods', 'pods'],
  ['Resource', 'resource'],
]);
const targetTypes = ['AverageValue', 'Utilization', 'Value'];
const scalingPolicies = ['Percent', 'Pods'];
const policySelects = ['Disabled', 'Max', 'Min'];
const longestWindowSeconds = 3600;
const longestPeriodSeconds = 1800;

const upPolicies = [
  { type: 'Pods', value: 4, periodSeconds: 15 },
  { type: 'Percent', value: 100, periodSeconds: 15 },
];
const downPolicies = [{ type: 'Percent', value: 100, periodSeconds: 15 }];

function defaultScalingRules(
  rules: JsonRecord,
  policies: readonly JsonRecord[],
  windowSeconds: number | undefined,
): void {
  if (windowSeconds !== undefined) setDefault(rules, 'stabilizationWindowSeconds', windowSeconds);
  setDefault(rules, 'selectPolicy', 'Max');
  if (rules.policies === undefined) rules.policies = structuredClone(policies);
}

function metricErrors(metric: JsonRecord, at: string): FieldError[] {
  const type = stringAt(metric, 'type');
  if (type === '') return [required(`${at}.type`, 'must specify a metric source type')];
  const own = metricFields.get(type);
  if (own === undefined) return [notSupported(`${at}.type`, type, [...metricFields.keys()])];
  const errors: FieldError[] = [];
  for (const name of metricFields.values())
    if (name !== own && metric[name] !== undefined)
      errors.push(forbiddenField(`${at}.${name}`, `must populate the given metric source only`));
  const source = metric[own];
  if (!isRecord(source))
    return [...errors, required(`${at}.${own}`, `must populate information for the given metric source`)];
  const where = `${at}.${own}`;
  if (type === 'Resource' || type === 'ContainerResource') {
    if (stringAt(source, 'name') === '') errors.push(required(`${where}.name`, 'must specify a resource name'));
    if (type === 'ContainerResource' && stringAt(source, 'container') === '')
      errors.push(required(`${where}.container`, 'must specify a container'));
  } else if (stringAt(source, 'metric', 'name') === '')
    errors.push(required(`${where}.metric.name`, 'must specify a metric name'));
  return [...errors, ...targetErrors(recordAt(source, 'target'), `${where}.target`, own)];
}

function targetErrors(target: JsonRecord, at: string, source: string): FieldError[] {
  const errors: FieldError[] = [];
  const type = stringAt(target, 'type');
  if (type === '') errors.push(required(`${at}.type`, 'must specify a metric target type'));
  else if (!targetTypes.includes(type))
    errors.push(invalidValue(`${at}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  for (const key of ['value', 'averageValue'])
    if (target[key] !== undefined && compareQuantities(String(target[key]), '0') <= 0)
      errors.push(invalidValue(`${at}.${key}`, target[key], 'must be positive'));
  const utilization = numberAt(target, 'averageUtilization');
  if (utilization !== undefined && utilization < 1)
    errors.push(invalidValue(`${at}.averageUtilization`, utilization, 'must be greater than 0'));
  const isResource = source === 'resource' || source === 'containerResource';
  const given = isResource
    ? target.averageUtilization !== undefined || target.averageValue !== undefined
    : target.value !== undefined || target.averageValue !== undefined;
  if (!given) {
    const detail = isResource
      ? 'must set either a target raw value or a target utilization'
      : 'must set either a target value or a per-pod target value';
    errors.push(required(isResource ? `${at}.averageUtilization` : `${at}.averageValue`, detail));
  }
  if (isResource && target.averageUtilization !== undefined && target.averageValue !== undefined)
    errors.push(forbiddenField(`${at}.averageValue`, 'may not set both a target raw value and a target utilization'));
  return errors;
}

function scalingErrors(rules: JsonRecord, at: string): FieldError[] {
  const errors: FieldError[] = [];
  const window = numberAt(rules, 'stabilizationWindowSeconds');
  if (window !== undefined && window < 0)
    errors.push(invalidValue(`${at}.stabilizationWindowSeconds`, window, 'must be greater than or equal to zero'));
  if (window !== undefined && window > longestWindowSeconds) {
    const detail = `must be less than or equal to ${longestWindowSeconds}`;
    errors.push(invalidValue(`${at}.stabilizationWindowSeconds`, window, detail));
  }
  const select = stringAt(rules, 'selectPolicy');
  if (select !== '' && !policySelects.includes(select))
    errors.push(notSupported(`${at}.selectPolicy`, select, policySelects));
  const policies = recordsAt(rules, 'policies');
  if (policies.length === 0) errors.push(required(`${at}.policies`, 'must specify at least one Policy'));
  for (const [index, policy] of policies.entries()) {
    const where = `${at}.policies[${index}]`;
    const type = stringAt(policy, 'type');
    if (!scalingPolicies.includes(type)) errors.push(notSupported(`${where}.type`, type, scalingPolicies));
    for (const key of ['value', 'periodSeconds']) {
      const value = numberAt(policy, key) ?? 0;
      if (value <= 0) errors.push(invalidValue(`${where}.${key}`, value, 'must be greater than zero'));
    }
    const period = numberAt(policy, 'periodSeconds') ?? 0;
    if (period > longestPeriodSeconds)
      errors.push(
        invalidValue(`${where}.periodSeconds`, period, `must be less than or equal to ${longestPeriodSeconds}`),
      );
  }
  return errors;
}

export const autoscalerRules: KindRules = {
  defaults: (object) => {
    const spec = ensureRecord(object, 'spec');
    if (spec.minReplicas === undefined) spec.minReplicas = 1;
    if (arrayAt(spec, 'metrics').length === 0) {
      spec.metrics = [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ];
    }
    const { behavior } = spec;
    if (!isRecord(behavior)) return;
    defaultScalingRules(ensureRecord(behavior, 'scaleUp'), upPolicies, 0);
    defaultScalingRules(ensureRecord(behavior, 'scaleDown'), downPolicies, undefined);
  },
  prepareCreate: (object) => {
    object.status = { desiredReplicas: 0, currentMetrics: null };
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const errors: FieldError[] = [];
    const [least, most] = [numberAt(spec, 'minReplicas') ?? 1, numberAt(spec, 'maxReplicas') ?? 0];
    if (least < 1) errors.push(invalidValue('spec.minReplicas', least, 'must be greater than or equal to 1'));
    if (most < 1) errors.push(invalidValue('spec.maxReplicas', most, 'must be greater than 0'));
    else if (most < least)
      errors.push(invalidValue('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`'));
    for (const key of ['kind', 'name'])
      if (stringAt(spec, 'scaleTargetRef', key) === '') errors.push(required(`spec.scaleTargetRef.${key}`));
    for (const [index, metric] of recordsAt(spec, 'metrics').entries())
      errors.push(...metricErrors(metric, `spec.metrics[${index}]`));
    for (const direction of ['scaleUp', 'scaleDown']) {
      const rules = recordAt(spec, 'behavior')[direction];
      if (isRecord(rules)) errors.push(...scalingErrors(rules, `spec.behavior.${direction}`));
    }
    return errors;
  },
};

// ---- disruption budgets ----------------------------------------------------------------------------------------------

const evictions = ['AlwaysAllow', 'IfHealthyBudget'];

/** A number of pods or a share of them. */
function amountErrors(value: unknown, field: string): FieldError[] {
  if (typeof value === 'number')
    return value < 0 ? [invalidValue(field, value, 'must be greater than or equal to 0')] : [];
  if (typeof value !== 'string') return [];
  const share = /^(\d+)%$/.exec(value);
  if (share === null)
    return [
      invalidValue(
        field,
        value,
        "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
      ),
    ];
  return Number(share[1]) > 100 ? [invalidValue(field, value, 'must not be greater than 100%')] : [];
}

export const podDisruptionBudgetRules: KindRules = {
  generation: true,
  conditionalUpdate: true,
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const both = spec.minAvailable !== undefined && spec.maxUnavailable !== undefined;
    const errors = both ? [invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set')] : [];
    for (const key of ['minAvailable', 'maxUnavailable']) errors.push(...amountErrors(spec[key], `spec.${key}`));
    if (isRecord(spec.selector)) errors.push(...validateSelector(spec.selector, 'spec.selector'));
    const eviction = stringAt(spec, 'unhealthyPodEvictionPolicy');
    if (eviction !== '' && !evictions.includes(eviction))
      errors.push(notSupported('spec.unhealthyPodEvictionPolicy', eviction, evictions));
    return errors;
  },
};
