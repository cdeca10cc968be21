/** Targets of a HorizontalPodAutoscaler: current value/wanted value (printers.go formatHPAMetrics). */
import { type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../json.ts';
import { none } from './column.ts';

const shownTargets = 2;

/** `pods` of `{type: Pods}` and so on: the part of a metric's spec or status that says more. */
function details(metric: JsonRecord): JsonRecord {
  const type = stringAt(metric, 'type');
  return recordAt(metric, type.charAt(0).toLowerCase() + type.slice(1));
}

function amount(value: JsonRecord): string | undefined {
  const percent = numberAt(value, 'averageUtilization');
  if (percent !== undefined) return `${percent}%`;
  const average = stringAt(value, 'averageValue');
  return average === '' ? stringAt(value, 'value') || undefined : average;
}

function targetText(wanted: JsonRecord, current: JsonRecord | undefined): string {
  const target = details(wanted);
  const seen = current === undefined ? undefined : amount(recordAt(details(current), 'current'));
  const text = `${seen ?? '<unknown>'}/${amount(recordAt(target, 'target')) ?? '<auto>'}`;
  const resource = stringAt(target, 'name');
  return resource === '' ? text : `${resource}: ${text}`;
}

export function scalingTargets(scaler: JsonRecord): string {
  const wanted = recordsAt(scaler, 'spec', 'metrics');
  const current = recordsAt(scaler, 'status', 'currentMetrics');
  const texts = wanted.map((metric, index) => targetText(metric, current[index]));
  const shown = texts.slice(0, shownTargets).join(', ');
  return texts.length > shownTargets ? `${shown} + ${texts.length - shownTargets} more...` : shown || none;
}
