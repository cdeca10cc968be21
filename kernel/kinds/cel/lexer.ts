/** CEL's tokens (cel-spec langdef.md, "Syntax"). */
import type { Problem } from './syntax.ts';

export type Token =
  | { readonly kind: 'name' | 'symbol' | 'end'; readonly text: string; readonly at: number }
  | { readonly kind: 'string'; readonly text: string; readonly value: string; readonly at: number }
  | { readonly kind: 'bytes'; readonly text: string; readonly value: Uint8Array; readonly at: number }
  | { readonly kind: 'int' | 'uint'; readonly text: string; readonly value: bigint; readonly at: number }
  | { readonly kind: 'double'; readonly text: string; readonly value: number; readonly at: number };

export class SyntaxProblem extends Error {
  readonly problem: Problem;

  constructor(at: number, message: string) {
    super(message);
    this.problem = { at, message: `Syntax error: ${message}` };
  }
}

const blank = /(?:[\t\n\f\r ]|\/\/[^\n]*)+/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const double = /\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?/y;
const integer = /(0x[0-9a-fA-F]+|\d+)([uU]?)/y;
const symbol = /&&|\|\||==|!=|<=|>=|[-+*/%<>!?:.,()[\]{}]/y;
const quoteStart = /([bB]?[rR]?|[rR][bB])("""|'''|"|')/y;

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

export function tokenise(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    at += match(blank, text, at)?.[0].length ?? 0;
    if (at >= text.length) break;
    const token = readToken(text, at);
    tokens.push(token);
    at += token.text.length;
  }
  tokens.push({ kind: 'end', text: '<EOF>', at: text.length });
  return tokens;
}

function readToken(text: string, at: number): Token {
  const quote = match(quoteStart, text, at);
  if (quote !== null) return readQuoted(text, at, quote[1] ?? '', quote[2] ?? '');
  const word = match(name, text, at);
  if (word !== null) return { kind: 'name', text: word[0], at };
  const real = match(double, text, at);
  if (real !== null) return { kind: 'double', text: real[0], value: Number(real[0]), at };
  const whole = match(integer, text, at);
  if (whole !== null) {
    const [all, digits = '', suffix = ''] = whole;
    return { kind: suffix === '' ? 'int' : 'uint', text: all, value: BigInt(digits), at };
  }
  const sign = match(symbol, text, at);
  if (sign !== null) return { kind: 'symbol', text: sign[0], at };
  throw new SyntaxProblem(at, `token recognition error at: '${text.slice(at, at + 1)}'`);
}

function readQuoted(text: string, at: number, prefix: string, quote: string): Token {
  const isRaw = /r/i.test(prefix);
  const isBytes = /b/i.test(prefix);
  const start = at + prefix.length + quote.length;
  let end = start;
  while (!text.startsWith(quote, end)) {
    const unclosed = end >= text.length || (quote.length === 1 && /[\r\n]/.test(text[end] ?? ''));
    if (unclosed) throw new SyntaxProblem(at, `token recognition error at: '${text.slice(at, end)}'`);
    end += !isRaw && text[end] === '\\' ? 2 : 1;
  }
  const source = text.slice(start, end);
  const all = text.slice(at, end + quote.length);
  const bytes: number[] = [];
  if (!isBytes) return { kind: 'string', text: all, value: isRaw ? source : readEscapes(source, at, undefined), at };
  if (isRaw) return { kind: 'bytes', text: all, value: new TextEncoder().encode(source), at };
  readEscapes(source, at, bytes);
  return { kind: 'bytes', text: all, value: Uint8Array.from(bytes), at };
}

const single: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '?': '?',
  '"': '"',
  "'": "'",
  '`': '`',
};

const escapePattern =
  /\\(?:x([0-9a-fA-F]{2})|X([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|([\s\S]))|[\s\S]/gu;

/** The text; in a bytes literal `\x` and octal escapes are bytes, everything else UTF-8, added to `bytes`. */
function readEscapes(source: string, at: number, bytes: number[] | undefined): string {
  let result = '';
  const encoder = new TextEncoder();
  for (const part of source.matchAll(escapePattern)) {
    const [all, lower, upper, short, long, octal, other] = part;
    const byte = lower ?? upper;
    const code = short ?? long ?? byte;
    const value =
      code !== undefined ? Number.parseInt(code, 16) : octal !== undefined ? Number.parseInt(octal, 8) : undefined;
    if (bytes !== undefined && value !== undefined && short === undefined && long === undefined) {
      bytes.push(value);
      continue;
    }
    let text = all;
    if (value !== undefined) {
      if (value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
        throw new SyntaxProblem(at, `invalid unicode code point: ${all}`);
      }
      text = String.fromCodePoint(value);
    } else if (other !== undefined) {
      const escaped = single[other];
      if (escaped === undefined) throw new SyntaxProblem(at, `token recognition error at: '${all}'`);
      text = escaped;
    }
    if (bytes === undefined) result += text;
    else bytes.push(...encoder.encode(text));
  }
  return result;
}
