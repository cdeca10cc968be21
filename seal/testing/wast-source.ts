/**
 * Makes spec scripts in newer text syntax than the installed wast2json knows readable for it. What it stumbles over is taken
 * out: a function or global within a module becomes an empty one (so that indices stay), anything else goes as a whole, a module with
 * the assertions about it.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

interface Form {
  readonly start: number;
  readonly end: number;
}

/** Skips a string, comment or character; `at` is its first character. */
function tokenEnd(text: string, at: number): number {
  if (text[at] === '"') {
    let end = at + 1;
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1;
    return end + 1;
  }
  if (text.startsWith(';;', at)) {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end;
  }
  if (text.startsWith('(;', at)) {
    let depth = 1;
    let end = at + 2;
    for (; depth > 0 && end < text.length; end += 1) {
      if (text.startsWith('(;', end)) depth += 1;
      else if (text.startsWith(';)', end)) depth -= 1;
      else continue;
      end += 1;
    }
    return end;
  }
  return at + 1;
}

/** The parenthesised forms directly in `[from, to)`. */
function formsIn(text: string, from: number, to: number): readonly Form[] {
  const forms: Form[] = [];
  let depth = 0;
  let start = 0;
  for (let at = from; at < to; ) {
    const end = tokenEnd(text, at);
    if (end === at + 1 && text[at] === '(') {
      if (depth === 0) start = at;
      depth += 1;
    } else if (end === at + 1 && text[at] === ')') {
      depth -= 1;
      if (depth === 0) forms.push({ start, end });
    }
    at = end;
  }
  return forms;
}

const blank = (text: string, { start, end }: Form, replacement = ''): string =>
  text.slice(0, start) +
  replacement +
  text.slice(start + replacement.length, end).replace(/[^\n]/g, ' ') +
  text.slice(end);

const isModule = (text: string, { start }: Form) => /^\(module\b/.test(text.slice(start, start + 8));

function offsetOfPlace(text: string, line: number, column: number): number {
  let offset = 0;
  for (let count = 1; count < line; count += 1) offset = text.indexOf('\n', offset) + 1;
  return offset + column - 1;
}

/** Newer ways to write what can be written in the older syntax. */
const equivalents: readonly (readonly [RegExp, string])[] = [
  // Definitions without instances are for validation, which modules get as well.
  [/\(module definition\b/g, '(module'],
  [/\(ref null func\)/g, 'funcref'],
  [/\(ref null extern\)/g, 'externref'],
  // Null is what a table holds anyway.
  [/(\(table [^()]*(?:funcref|externref)) \(ref\.null (?:func|extern)\)\)/g, '$1)'],
  // A folded if with a condition of two instructions.
  [/\(if (\(i32\.[^()]*\) \(i32\.[^()]*\)) \(then\)/g, '$1 (if (then)'],
  // A null of any type, as a result.
  [/\(ref\.null\)/g, '(ref.null func)'],
];

/** References to functions of a known type, as references to functions: what is checked at run time is the same. */
const weakened = (module: string): string =>
  module.replace(/\(ref (?:null )?(?:func|\$\w+)\)/g, 'funcref').replace(/\(ref\.null \$\w+\)/g, '(ref.null func)');

/** The script with the module at `offset` weakened; undefined if that changes nothing. */
function withWeakReferences(text: string, offset: number): string | undefined {
  const form = formsIn(text, 0, text.length).find(({ start, end }) => start <= offset && offset < end);
  if (form === undefined || !isModule(text, form)) return undefined;
  const module = text.slice(form.start, form.end);
  const weaker = weakened(module);
  return weaker === module ? undefined : text.slice(0, form.start) + weaker + text.slice(form.end);
}

/** The script without what is at `offset`; undefined if nothing is there. */
function without(text: string, offset: number): string | undefined {
  const forms = formsIn(text, 0, text.length);
  const index = forms.findIndex(({ start, end }) => start <= offset && offset < end);
  const form = forms[index];
  if (form === undefined) return undefined;
  if (isModule(text, form)) {
    const part = formsIn(text, form.start + 1, form.end - 1).find(({ start, end }) => start <= offset && offset < end);
    if (part !== undefined && /^\(func\s*(\$\S+\s*)?\(export/.test(text.slice(part.start, part.end))) {
      return blank(text, part, '(func)');
    }
    const global = '(global i32 (i32.const 0))';
    if (part !== undefined && text.startsWith('(global', part.start) && part.end - part.start >= global.length) {
      const replaced = blank(text, part, global);
      if (replaced !== text) return replaced;
    }
  }
  let result = blank(text, form);
  if (!isModule(text, form)) return result;
  for (const next of forms.slice(index + 1)) {
    if (isModule(text, next)) break;
    const isAction = /^\((assert_(return|trap|exhaustion)|invoke|get|register)\b(?!\s*\(module)/;
    if (isAction.test(text.slice(next.start, next.end))) result = blank(result, next);
  }
  return result;
}

export interface Converted {
  readonly ok: boolean;
  /** Places that were taken out, as wast2json complained about them. */
  readonly removed: readonly string[];
}

/** Write `jsonPath` and its modules from the text of a script. */
export function convertScript(source: string, features: readonly string[], jsonPath: string): Converted {
  let text = equivalents.reduce((result, [newer, older]) => result.replaceAll(newer, older), source);
  const removed: string[] = [];
  const wastPath = jsonPath.replace(/\.json$/, '.readable.wast');
  for (let attempt = 0; attempt < 100 && formsIn(text, 0, text.length).length > 0; attempt += 1) {
    writeFileSync(wastPath, text);
    const { status, stderr } = spawnSync('wast2json', [...features, wastPath, '-o', jsonPath], { encoding: 'utf8' });
    if (status === 0) return { ok: true, removed };
    const [, line, column, message = ''] = /:(\d+):(\d+): error: (.*)/.exec(stderr) ?? [];
    if (line === undefined) return { ok: false, removed: [...removed, stderr] };
    const offset = offsetOfPlace(text, Number(line), Number(column));
    const weaker = withWeakReferences(text, offset);
    if (weaker === undefined) removed.push(`line ${line}: ${message}`);
    const next = weaker ?? without(text, offset);
    if (next === undefined || next === text) return { ok: false, removed };
    text = next;
  }
  return { ok: false, removed };
}
