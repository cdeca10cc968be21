/** What a program says, read from its syntax tree: the words it spells and what an image cannot do. */
import { parseAst } from 'rolldown/parseAst';

/** Any node: the tree is walked without knowing its shapes. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

function walk(node: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(node)) {
    for (const each of node) walk(each, visit);
  } else if (isNode(node)) {
    visit(node);
    for (const key of Object.keys(node)) {
      const child = node[key];
      if (typeof child === 'object' && child !== null) walk(child, visit);
    }
  }
}

/** Something a sealed program may not do. */
export interface Refusal {
  readonly kind: 'dynamic-import' | 'eval' | 'function-constructor';
  /** Offset in the code. */
  readonly at: number;
}

export interface Survey {
  /** Identifiers, property names and short strings: a global is needed by no program that spells its name nowhere. */
  readonly words: ReadonlySet<string>;
  readonly refusals: readonly Refusal[];
}

const longestWord = 40;

/** `code` is JavaScript, the bundle's. */
export function surveyCode(code: string): Survey {
  const words = new Set<string>();
  const refusals: Refusal[] = [];
  walk(parseAst(code), (node) => {
    if (node.type === 'Identifier') words.add(String(node.name));
    else if (node.type === 'Literal' && typeof node.value === 'string' && node.value.length <= longestWord)
      words.add(node.value);
    const refusal = refusalOf(node);
    if (refusal !== undefined) refusals.push({ kind: refusal, at: node.start });
  });
  return { words, refusals };
}

function refusalOf(node: Node): Refusal['kind'] | undefined {
  if (node.type === 'ImportExpression') return 'dynamic-import';
  if (node.type !== 'CallExpression' && node.type !== 'NewExpression') return undefined;
  const callee = node.callee;
  if (!isNode(callee)) return undefined;
  const name = callee.type === 'MemberExpression' && isNode(callee.property) ? callee.property.name : callee.name;
  const isGlobal = callee.type === 'Identifier' || (isNode(callee.object) && callee.object.name === 'globalThis');
  if (!isGlobal) return undefined;
  if (name === 'eval' && node.type === 'CallExpression') return 'eval';
  return name === 'Function' ? 'function-constructor' : undefined;
}

/**
 * Whether a file has a default export, which makes it an ordinary TypeScript application; AssemblyScript ones have none.
 * What does not parse as TypeScript is told by the words alone.
 */
export function hasDefaultExport(source: string): boolean {
  let program: { readonly body: readonly unknown[] };
  try {
    program = parseAst(source, { lang: 'ts' });
  } catch {
    return /^\s*export\s+default\b/m.test(source);
  }
  return program.body.some((node) => {
    if (!isNode(node)) return false;
    if (node.type === 'ExportDefaultDeclaration') return true;
    if (node.type !== 'ExportNamedDeclaration' || !Array.isArray(node.specifiers)) return false;
    return node.specifiers.some((each) => isNode(each) && isNode(each.exported) && each.exported.name === 'default');
  });
}
