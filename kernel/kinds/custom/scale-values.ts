/** What the scale subresource reads has to be what it reads it as (apiextensions-apiserver customresource/validator.go). */
import type { FieldError } from '../../wire/status.ts';
import { invalidValue } from '../field-errors.ts';
import { isRecord, type JsonRecord } from '../json.ts';
import type { ScalePaths } from '../kind.ts';

const mostReplicas = 2 ** 31 - 1;

/** `part`: a write of the status leaves the rest as it was. */
export function scaleErrors(scale: ScalePaths, object: JsonRecord, part: 'all' | 'status'): readonly FieldError[] {
  return [
    ...(part === 'all' ? replicasErrors(object, scale.specReplicas) : []),
    ...replicasErrors(object, scale.statusReplicas),
    ...(scale.selector === undefined ? [] : selectorErrors(object, scale.selector)),
  ];
}

function replicasErrors(object: JsonRecord, path: readonly string[]): readonly FieldError[] {
  const at = `.${path.join('.')}`;
  const found = read(object, path);
  if (found.problem !== undefined) return [invalidValue(at, 0, found.problem)];
  const { value } = found;
  if (value === undefined) return [];
  const count = typeof value === 'bigint' ? Number(value) : value;
  if (typeof count !== 'number' || !Number.isInteger(count)) {
    const detail = `${at} accessor error: ${shown(value)} is of the type ${goType(value)}, expected int64`;
    return [invalidValue(at, 0, detail)];
  }
  if (count < 0) return [invalidValue(at, value, 'should be a non-negative integer')];
  return count > mostReplicas ? [invalidValue(at, value, `should be less than or equal to ${mostReplicas}`)] : [];
}

function selectorErrors(object: JsonRecord, path: readonly string[]): readonly FieldError[] {
  const at = `.${path.join('.')}`;
  const { value, problem } = read(object, path);
  if (problem !== undefined) return [invalidValue(at, '', problem)];
  if (value === undefined || typeof value === 'string') return [];
  const detail = `${at} accessor error: ${shown(value)} is of the type ${goType(value)}, expected string`;
  return [invalidValue(at, '', detail)];
}

/** Goes down to a value; something on the way that is no object is a problem. */
function read(object: JsonRecord, path: readonly string[]): { readonly value?: unknown; readonly problem?: string } {
  let current: unknown = object;
  for (const key of path) {
    if (!isRecord(current)) {
      const expected = 'expected map[string]interface{}';
      return {
        problem: `.${path.join('.')} accessor error: ${shown(current)} is of the type ${goType(current)}, ${expected}`,
      };
    }
    if (!Object.hasOwn(current, key)) return {};
    current = current[key];
  }
  return { value: current };
}

function goType(value: unknown): string {
  if (value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64';
  if (typeof value === 'bigint') return 'int64';
  if (typeof value === 'boolean') return 'bool';
  return typeof value === 'string' ? 'string' : 'map[string]interface {}';
}

const shown = (value: unknown): string =>
  value === null ? '<nil>' : typeof value === 'object' ? JSON.stringify(value) : String(value);
