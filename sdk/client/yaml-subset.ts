/**
 * The part of YAML that kubeconfig files are written in (by kubectl, kind, k3s, cloud tools): block mappings and
 * sequences, plain and quoted scalars, `|` and `>` text, flow collections that are JSON. Anchors, tags and several
 * documents are refused with the line number, never guessed at.
 */
type Node = string | Node[] | { [key: string]: Node };

interface Line {
  readonly number: number;
  readonly indent: number;
  readonly text: string;
}

export function parseYamlSubset(source: string): unknown {
  const trimmed = source.trimStart();
  if (trimmed.startsWith('{')) return JSON.parse(source);
  const lines: Line[] = [];
  const raw = source.split(/\r?\n/);
  for (const [index, text] of raw.entries()) {
    const content = text.trimStart();
    if (content === '' || content.startsWith('#') || content === '---') continue;
    lines.push({ number: index + 1, indent: text.length - content.length, text: content.trimEnd() });
  }
  return new Parser(lines, raw).parse();
}

class Parser {
  readonly #lines: readonly Line[];
  readonly #raw: readonly string[];
  #at = 0;

  constructor(lines: readonly Line[], raw: readonly string[]) {
    this.#lines = lines;
    this.#raw = raw;
  }

  parse(): Node {
    const first = this.#lines[0];
    if (first === undefined) return {};
    const node = this.#block(first.indent);
    const rest = this.#lines[this.#at];
    if (rest !== undefined) fail(rest, 'is indented less than what it belongs to');
    return node;
  }

  #block(indent: number): Node {
    const line = this.#lines[this.#at];
    return line !== undefined && isItem(line.text) ? this.#sequence(indent) : this.#mapping(indent, {});
  }

  #sequence(indent: number): Node[] {
    const items: Node[] = [];
    for (let line = this.#lines[this.#at]; line !== undefined; line = this.#lines[this.#at]) {
      if (line.indent !== indent || !isItem(line.text)) break;
      const content = line.text.slice(1).trimStart();
      const inner = indent + line.text.length - content.length;
      this.#at += 1;
      const colon = content === '' ? -1 : keyEnd(content);
      if (content === '') items.push(this.#nested(indent, line));
      else if (colon === -1) items.push(scalar(content, line));
      else items.push(this.#mapping(inner, this.#entry(content, colon, inner, line)));
    }
    return items;
  }

  #mapping(indent: number, into: Record<string, Node>): Record<string, Node> {
    for (let line = this.#lines[this.#at]; line !== undefined; line = this.#lines[this.#at]) {
      if (line.indent < indent || (line.indent === indent && isItem(line.text))) break;
      if (line.indent > indent) fail(line, 'is indented more than the entries before it');
      const colon = keyEnd(line.text);
      if (colon === -1) fail(line, 'is not `key: value`');
      this.#at += 1;
      Object.assign(into, this.#entry(line.text, colon, indent, line));
    }
    return into;
  }

  #entry(text: string, colon: number, indent: number, line: Line): Record<string, Node> {
    const key = String(scalar(text.slice(0, colon).trim(), line));
    const value = text.slice(colon + 1).trim();
    if (/^[|>][+-]?$/.test(value)) return { [key]: this.#text(value, indent) };
    if (value === '' || value.startsWith('#')) return { [key]: this.#nested(indent, line) };
    return { [key]: scalar(value, line) };
  }

  /** The value of a key that has nothing on its own line. A sequence may stand at the key's own indentation. */
  #nested(indent: number, owner: Line): Node {
    const next = this.#lines[this.#at];
    if (next === undefined || next.indent < indent) return '';
    if (next.indent === indent && !(isItem(next.text) && !isItem(owner.text))) return '';
    return this.#block(next.indent);
  }

  #text(style: string, indent: number): string {
    const first = this.#lines[this.#at];
    const parts: string[] = [];
    if (first !== undefined && first.indent > indent) {
      let number = first.number;
      for (; number <= this.#raw.length; number += 1) {
        const text = this.#raw[number - 1] ?? '';
        if (text.trim() !== '' && text.length - text.trimStart().length < first.indent) break;
        parts.push(text.slice(first.indent));
      }
      while ((this.#lines[this.#at]?.number ?? Number.POSITIVE_INFINITY) < number) this.#at += 1;
    }
    while (parts.at(-1)?.trim() === '') parts.pop();
    const joined = parts.join(style.startsWith('|') ? '\n' : ' ');
    return style.endsWith('-') ? joined : `${joined}\n`;
  }
}

function isItem(text: string): boolean {
  return text === '-' || text.startsWith('- ');
}

/** Where the colon that ends a key stands, -1 when the text is a scalar. */
function keyEnd(text: string): number {
  const quote = text[0];
  const from = quote === '"' || quote === "'" ? text.indexOf(quote, 1) + 1 : 0;
  if (quote === '{' || quote === '[') return -1;
  const match = /:(?=\s|$)/.exec(text.slice(from));
  return match === null ? -1 : from + match.index;
}

function scalar(text: string, line: Line): Node {
  const first = text[0] ?? '';
  if (first === '"') return JSON.parse(text.replace(/\s+#.*$/, '')) as string;
  if (first === "'") return text.slice(1, text.lastIndexOf("'")).replaceAll("''", "'");
  if (first === '{' || first === '[') return JSON.parse(text) as Node;
  if (first === '&' || first === '*' || first === '!')
    fail(line, 'uses an anchor, alias or tag, which is not supported');
  const plain = text.replace(/\s+#.*$/, '');
  return plain === 'null' || plain === '~' ? '' : plain;
}

function fail(line: Line, what: string): never {
  throw new SyntaxError(`line ${line.number} ${what}: ${line.text}`);
}
