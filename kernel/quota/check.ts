/** Whether the quotas of a namespace leave room for a write (apiserver admission/plugin/resourcequota, CheckRequest). */
import { type JsonRecord, recordAt, stringAt } from '../kinds/json.ts';
import { compareQuantities } from '../kinds/quantity.ts';
import {
  type Amounts,
  add,
  type CountedKind,
  countedBy,
  growth,
  isInScope,
  missingFromPod,
  usageOf,
} from '../kinds/rules/quota-usage.ts';

/** A quota as it is stored, with what was admitted since and is not in its status yet. */
export interface QuotaState {
  readonly key: string;
  readonly quota: JsonRecord;
  readonly booked: Amounts;
}

export interface Charge {
  readonly key: string;
  readonly amounts: Amounts;
}

export type Verdict =
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'charged'; readonly charges: readonly Charge[] };

const amountsAt = (quota: JsonRecord, key: 'hard' | 'used'): Amounts =>
  Object.fromEntries(Object.entries(recordAt(quota, 'status', key)).map(([name, value]) => [name, String(value)]));

export function checkQuotas(
  kind: CountedKind,
  object: JsonRecord,
  previous: JsonRecord | undefined,
  quotas: readonly QuotaState[],
  nowMs: number,
): Verdict {
  const usage = usageOf(kind, object, nowMs);
  const negative = Object.keys(usage).filter((name) => compareQuantities(usage[name] ?? '', '0') < 0);
  const charges: Charge[] = [];
  for (const { key, quota, booked } of quotas) {
    const name = stringAt(quota, 'metadata', 'name');
    const hard = amountsAt(quota, 'hard');
    const limited = Object.keys(hard).filter((each) => isOf(each, kind));
    if (limited.length === 0 || !isInScope(quota, kind, object)) continue;
    const refused = (why: string): Verdict => ({ kind: 'refused', why });
    const isPod = kind.group === '' && kind.resource === 'pods';
    const missing = isPod ? missingFromPod(object, limited) : undefined;
    if (missing !== undefined) return refused(`failed quota: ${name}: ${missing}`);
    const used = amountsAt(quota, 'used');
    if (limited.some((each) => used[each] === undefined))
      return refused(`status unknown for quota: ${name}, resources: ${[...limited].sort().join(',')}`);
    if (negative.length > 0) return refused(`quota usage is negative for resource(s): ${negative.sort().join(',')}`);
    const counted = previous !== undefined && isInScope(quota, kind, previous);
    const wanted = growth(usage, counted ? usageOf(kind, previous, nowMs) : {});
    const requested = mask(wanted, Object.keys(hard));
    if (Object.keys(requested).length === 0) continue;
    const before = add(used, booked);
    const after = add(before, requested);
    const exceeded = Object.keys(requested).filter(
      (each) => compareQuantities(after[each] ?? '', hard[each] ?? '') > 0,
    );
    if (exceeded.length > 0) {
      const print = (amounts: Amounts): string => printed(mask(amounts, exceeded));
      return refused(
        `exceeded quota: ${name}, requested: ${print(requested)}, used: ${print(before)}, limited: ${print(hard)}`,
      );
    }
    charges.push({ key, amounts: requested });
  }
  return { kind: 'charged', charges };
}

function isOf(name: string, kind: CountedKind): boolean {
  const counted = countedBy(name);
  return counted !== undefined && counted.group === kind.group && counted.resource === kind.resource;
}

const mask = (amounts: Amounts, names: readonly string[]): Amounts =>
  Object.fromEntries(Object.entries(amounts).filter(([name]) => names.includes(name)));

const printed = (amounts: Amounts): string =>
  Object.entries(amounts)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
