/** What a program says, read from its syntax tree: the words it spells and what an image cannot do. */
import { parseAst } from 'rolldown/parseAst';

/** Any node: the tree is walked without knowing its shapes. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

/** Where a node stands: under which key of which node, and that one's own place. */
interface Place {
  readonly parent: Node;
  readonly key: string;
  readonly above: Place | undefined;
}

function walk(value: unknown, visit: (node: Node, place: Place | undefined) => void, place?: Place): void {
  if (Array.isArray(value)) {
    for (const each of value) walk(each, visit, place);
  } else if (isNode(value)) {
    visit(value, place);
    for (const key of Object.keys(value)) {
      const child = value[key];
      if (typeof child === 'object' && child !== null) walk(child, visit, { parent: value, key, above: place });
    }
  }
}

/** Something a sealed program may not do. */
export interface Refusal {
  readonly kind: 'dynamic-import' | 'eval' | 'function-constructor';
  /** Offset in the code. */
  readonly at: number;
}

/** What decides which web APIs a program is given: one whose name it spells nowhere it cannot reach. */
export interface Survey {
  /** Names it takes from nowhere of its own, also those it reads from globalThis. */
  readonly globals: ReadonlySet<string>;
  /** Names of properties it reads: `x.name`, `x['name']`, `{ name } = x`. */
  readonly properties: ReadonlySet<string>;
  /** Strings short enough to be the name of something. */
  readonly strings: ReadonlySet<string>;
  readonly refusals: readonly Refusal[];
}

const longestName = 40;
/** Names of the object that holds the global ones. */
const scopes: ReadonlySet<string> = new Set(['globalThis', 'self', 'window', 'global']);

/** `code` is JavaScript, the bundle's: every name at its top level is declared there or global. */
export function surveyCode(code: string): Survey {
  const tree = parseAst(code);
  const globals = new Set<string>();
  const properties = new Set<string>();
  const strings = new Set<string>();
  const refusals: Refusal[] = [];
  let takesScopeElsewhere = false;
  walk(tree, (node, place) => {
    const refusal = refusalOf(node);
    if (refusal !== undefined) refusals.push({ kind: refusal, at: node.start });
    const role = roleOf(place);
    const text = stringOf(node);
    if (text !== undefined && text.length <= longestName) (role === 'property' ? properties : strings).add(text);
    if (node.type !== 'Identifier' || role === 'other') return;
    const name = String(node.name);
    (role === 'property' ? properties : globals).add(name);
    if (role === 'reference' && scopes.has(name) && place?.parent.type !== 'MemberExpression')
      takesScopeElsewhere = true;
  });
  for (const name of declaredNames(tree)) globals.delete(name);
  if ([...scopes].some((scope) => globals.has(scope))) for (const name of properties) globals.add(name);
  if (takesScopeElsewhere) for (const name of strings) globals.add(name);
  return { globals, properties, strings, refusals };
}

function stringOf(node: Node): string | undefined {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type !== 'TemplateElement') return undefined;
  const { cooked } = node.value as { readonly cooked?: string | null };
  return cooked ?? undefined;
}

type Role = 'reference' | 'property' | 'other';

/** What a name or string is there for, by where it stands. */
function roleOf(place: Place | undefined): Role {
  if (place === undefined) return 'reference';
  const { parent, key, above } = place;
  switch (parent.type) {
    case 'MemberExpression':
      return key === 'property' && (parent.computed !== true || isLiteral(parent.property)) ? 'property' : 'reference';
    case 'Property':
      if (key !== 'key' || parent.computed === true) return 'reference';
      // `{ name } = x` reads the property, `{ name: 1 }` makes it.
      return above?.parent.type === 'ObjectPattern' ? 'property' : 'other';
    case 'MethodDefinition':
    case 'PropertyDefinition':
      return key === 'key' && parent.computed !== true ? 'other' : 'reference';
    case 'LabeledStatement':
    case 'BreakStatement':
    case 'ContinueStatement':
      return key === 'label' ? 'other' : 'reference';
    case 'ExportSpecifier':
    case 'ImportSpecifier':
    case 'MetaProperty':
      return 'other';
    default:
      return 'reference';
  }
}

const isLiteral = (value: unknown): boolean => isNode(value) && value.type === 'Literal';

/** Names of variables, functions and classes at the top level: there the bundler has renamed what hid a global one. */
function declaredNames(tree: { readonly body: readonly unknown[] }): readonly string[] {
  return tree.body.filter(isNode).flatMap((statement): readonly string[] => {
    if (statement.type === 'FunctionDeclaration' || statement.type === 'ClassDeclaration') return namesIn(statement.id);
    if (statement.type !== 'VariableDeclaration' || !Array.isArray(statement.declarations)) return [];
    return statement.declarations.filter(isNode).flatMap((declaration) => namesIn(declaration.id));
  });
}

function namesIn(pattern: unknown): readonly string[] {
  const names: string[] = [];
  walk(pattern, (node, place) => {
    if (node.type === 'Identifier' && roleOf(place) === 'reference') names.push(String(node.name));
  });
  return names;
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
