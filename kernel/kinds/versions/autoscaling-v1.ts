/**
 * autoscaling/v1 HorizontalPodAutoscaler, stored as v2 (kubernetes pkg/apis/autoscaling/v1/conversion.go): a target for the
 * processor is a field, everything else that v2 can say stands in annotations.
 */
import { isRecord, type JsonRecord, numberAt, parseJson, recordAt, recordsAt, stringAt } from '../json.ts';
import type { VersionConversion } from '../kind.ts';

const prefix = 'autoscaling.alpha.kubernetes.io/';
const annotations = {
  metrics: `${prefix}metrics`,
  currentMetrics: `${prefix}current-metrics`,
  behavior: `${prefix}behavior`,
  conditions: `${prefix}conditions`,
} as const;

/** By type of a metric, the field that holds it, in both versions. */
const sources: ReadonlyMap<string, string> = new Map([
  ['Resource', 'resource'],
  ['ContainerResource', 'containerResource'],
  ['Pods', 'pods'],
  ['Object', 'object'],
  ['External', 'external'],
]);

const given = (object: JsonRecord): JsonRecord =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== null));

// ---- from v2 -------------------------------------------------------------------------------------------------------

const isProcessorTarget = (metric: JsonRecord): boolean =>
  stringAt(metric, 'type') === 'Resource' && stringAt(metric, 'resource', 'name') === 'cpu';

const utilization = (metric: JsonRecord, part: 'target' | 'current'): number | undefined =>
  numberAt(metric, 'resource', part, 'averageUtilization');

/** A metric's spec (`target`) or status (`current`) in v1's fields. */
function metricInV1(metric: JsonRecord, part: 'target' | 'current'): JsonRecord {
  const type = stringAt(metric, 'type');
  const field = sources.get(type);
  const source = field === undefined ? undefined : metric[field];
  if (field === undefined || !isRecord(source)) return { type };
  const value = recordAt(source, part);
  const { name, selector } = recordAt(source, 'metric');
  const [average, plain] = part === 'target' ? ['targetAverage', 'target'] : ['currentAverage', 'current'];
  switch (field) {
    case 'resource':
    case 'containerResource':
      return {
        type,
        [field]: given({
          name: source.name,
          container: source.container,
          [`${average}Utilization`]: value.averageUtilization,
          [`${average}Value`]: value.averageValue,
        }),
      };
    case 'pods':
      return { type, pods: given({ metricName: name, [`${average}Value`]: value.averageValue, selector }) };
    case 'object':
      return {
        type,
        object: given({
          target: source.describedObject,
          metricName: name,
          [`${plain}Value`]: value.value ?? '0',
          selector,
          averageValue: value.averageValue,
        }),
      };
    default:
      return {
        type,
        external: given({
          metricName: name,
          metricSelector: selector,
          [`${plain}Value`]: value.value,
          [`${average}Value`]: value.averageValue,
        }),
      };
  }
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** Go's internal type, which has no JSON names: `ScaleUp`, `StabilizationWindowSeconds`. */
function withGoNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withGoNames);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [capitalised(key), withGoNames(item)]));
}

function fromStored(stored: JsonRecord): JsonRecord {
  const spec = recordAt(stored, 'spec');
  const status = recordAt(stored, 'status');
  const metrics = recordsAt(spec, 'metrics');
  const processor = metrics.find(isProcessorTarget);
  const current = recordsAt(status, 'currentMetrics');
  const others = metrics.filter(
    (metric) => !(isProcessorTarget(metric) && utilization(metric, 'target') !== undefined),
  );
  const conditions = recordsAt(status, 'conditions');
  const added: JsonRecord = {
    ...(others.length > 0
      ? { [annotations.metrics]: JSON.stringify(others.map((metric) => metricInV1(metric, 'target'))) }
      : {}),
    ...(current.length > 0
      ? { [annotations.currentMetrics]: JSON.stringify(current.map((metric) => metricInV1(metric, 'current'))) }
      : {}),
    ...(isRecord(spec.behavior) ? { [annotations.behavior]: JSON.stringify(withGoNames(spec.behavior)) } : {}),
    ...(conditions.length > 0 ? { [annotations.conditions]: JSON.stringify(conditions) } : {}),
  };
  const measured = current.find(isProcessorTarget);
  return {
    ...stored,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(stored, added),
    spec: given({
      scaleTargetRef: spec.scaleTargetRef,
      minReplicas: spec.minReplicas,
      maxReplicas: spec.maxReplicas,
      targetCPUUtilizationPercentage: processor && utilization(processor, 'target'),
    }),
    ...(stored.status === undefined
      ? {}
      : {
          status: given({
            observedGeneration: status.observedGeneration,
            lastScaleTime: status.lastScaleTime,
            currentReplicas: status.currentReplicas ?? 0,
            desiredReplicas: status.desiredReplicas ?? 0,
            currentCPUUtilizationPercentage: measured && utilization(measured, 'current'),
          }),
        }),
  };
}

function withAnnotations(object: JsonRecord, added: JsonRecord): JsonRecord {
  const metadata = recordAt(object, 'metadata');
  const kept = Object.entries(recordAt(metadata, 'annotations')).filter(([key]) => !isRoundTrip(key));
  const all = { ...Object.fromEntries(kept), ...added };
  const { annotations: _annotations, ...rest } = metadata;
  return Object.keys(all).length === 0 ? rest : { ...rest, annotations: all };
}

const isRoundTrip = (key: string): boolean => (Object.values(annotations) as readonly string[]).includes(key);

// ---- to v2 ---------------------------------------------------------------------------------------------------------

/** As Go reads JSON: names in any case. Undefined where it is not what it should be; upstream ignores it then. */
function annotated(object: JsonRecord, key: keyof typeof annotations): unknown {
  try {
    return parseJson(stringAt(object, 'metadata', 'annotations', annotations[key]));
  } catch {
    return undefined;
  }
}

const uncapitalised = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

function withJsonNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withJsonNames);
  if (!isRecord(value)) return value;
  const named = Object.entries(value).map(([key, item]) => [uncapitalised(key), withJsonNames(item)] as const);
  return given(Object.fromEntries(named));
}

/** `Value` or `AverageValue` or `Utilization`, by what is given. */
function targetOf(value: JsonRecord): JsonRecord {
  const amounts = given(value);
  const type =
    amounts.averageUtilization !== undefined
      ? 'Utilization'
      : amounts.averageValue !== undefined
        ? 'AverageValue'
        : 'Value';
  return { type, ...amounts };
}

function metricInV2(metric: JsonRecord, part: 'target' | 'current'): JsonRecord {
  const type = stringAt(metric, 'type');
  const field = sources.get(type);
  const source = field === undefined ? undefined : metric[field];
  if (field === undefined || !isRecord(source)) return { type };
  const [average, plain] = part === 'target' ? ['targetAverage', 'target'] : ['currentAverage', 'current'];
  const amounts = (value: JsonRecord): JsonRecord => (part === 'target' ? targetOf(value) : given(value));
  const named = given({ name: source.metricName ?? '', selector: source.selector ?? source.metricSelector });
  switch (field) {
    case 'resource':
    case 'containerResource': {
      const value = {
        averageUtilization: source[`${average}Utilization`],
        averageValue: source[`${average}Value`],
      };
      return { type, [field]: given({ name: source.name, container: source.container, [part]: amounts(value) }) };
    }
    case 'pods':
      return { type, pods: { metric: named, [part]: amounts({ averageValue: source[`${average}Value`] }) } };
    case 'object': {
      const { averageValue } = source;
      const value = averageValue === undefined ? { value: source[`${plain}Value`] } : { averageValue };
      return { type, object: given({ describedObject: source.target, metric: named, [part]: amounts(value) }) };
    }
    default: {
      const value = { value: source[`${plain}Value`], averageValue: source[`${average}Value`] };
      return { type, external: { metric: named, [part]: amounts(value) } };
    }
  }
}

const processorMetric = (part: 'target' | 'current', averageUtilization: unknown): JsonRecord => ({
  type: 'Resource',
  resource: {
    name: 'cpu',
    [part]: { ...(part === 'target' ? { type: 'Utilization' } : {}), averageUtilization },
  },
});

function recordsOf(value: unknown): readonly JsonRecord[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function toStored(object: JsonRecord): JsonRecord {
  const { targetCPUUtilizationPercentage: target, ...spec } = recordAt(object, 'spec');
  const { currentCPUUtilizationPercentage: measured, ...status } = recordAt(object, 'status');
  const others = recordsOf(annotated(object, 'metrics')).map((metric) => metricInV2(metric, 'target'));
  const metrics = [...(target === undefined ? [] : [processorMetric('target', target)]), ...others];
  const behavior = withJsonNames(annotated(object, 'behavior'));
  const known = recordsOf(annotated(object, 'currentMetrics')).map((metric) => metricInV2(metric, 'current'));
  // What the annotation says is more than the field can.
  const current = known.length > 0 ? known : measured === undefined ? [] : [processorMetric('current', measured)];
  const conditions = recordsOf(annotated(object, 'conditions'));
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(object, {}),
    spec: {
      ...spec,
      ...(metrics.length === 0 ? {} : { metrics }),
      ...(isRecord(behavior) ? { behavior } : {}),
    },
    ...(object.status === undefined
      ? {}
      : {
          status: {
            ...status,
            currentMetrics: current.length === 0 ? null : current,
            ...(conditions.length === 0 ? {} : { conditions }),
          },
        }),
  };
}

export const autoscalingV1: VersionConversion = { toStored, fromStored };
