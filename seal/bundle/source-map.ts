/** Reading source maps (ECMA-426): where a place of the bundle stands in the program's own files. */

export interface SourceMap {
  readonly sources: readonly string[];
  readonly names: readonly string[];
  readonly mappings: string;
}

export interface SourcePlace {
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
}

/** Generated column, source, source line, source column; all count from 0. */
type Segment = readonly [column: number, source: number, line: number, sourceColumn: number];

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const digits = new Map([...alphabet].map((letter, value) => [letter, value]));

export class PlaceFinder {
  private readonly lines: readonly (readonly Segment[])[];
  private readonly sources: readonly string[];

  constructor(map: SourceMap) {
    this.sources = map.sources;
    this.lines = decode(map.mappings);
  }

  /** The nearest mapped place at or before this one on its line; both count from 1. */
  find(line: number, column: number): SourcePlace | undefined {
    const segments = this.lines[line - 1] ?? [];
    const found = segments.findLast(([start]) => start <= column - 1) ?? segments[0];
    const file = found === undefined ? undefined : this.sources[found[1]];
    if (found === undefined || file === undefined) return undefined;
    return { file, line: found[2] + 1, column: found[3] + 1 };
  }

  /**
   * The same with nothing but files and lines: mappings with three fields a segment (column, source, line), a segment where one
   * of the last two changes. An image carries it, a tenth of the whole map.
   */
  lineMappings(): string {
    let file = 0;
    let line = 0;
    const groups = this.lines.map((segments) => {
      let text = '';
      let column = 0;
      let isFirst = true;
      for (const [start, source, sourceLine] of segments) {
        if (!isFirst && source === file && sourceLine === line) continue;
        text += encode(start - column) + encode(source - file) + encode(sourceLine - line);
        isFirst = false;
        column = start;
        file = source;
        line = sourceLine;
      }
      return text;
    });
    return groups.join(';');
  }
}

function encode(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1;
  let text = '';
  do {
    const digit = rest & 31;
    rest >>>= 5;
    text += alphabet[rest > 0 ? digit | 32 : digit] ?? '';
  } while (rest > 0);
  return text;
}

/** ECMA-426 §9.2: lines by `;`, segments by `,`, each field the difference to the last of its kind. */
function decode(mappings: string): readonly (readonly Segment[])[] {
  let source = 0;
  let line = 0;
  let sourceColumn = 0;
  return mappings.split(';').map((group) => {
    let column = 0;
    const segments: Segment[] = [];
    for (const text of group === '' ? [] : group.split(',')) {
      const [columnStep = 0, sourceStep, lineStep = 0, sourceColumnStep = 0] = numbers(text);
      column += columnStep;
      if (sourceStep === undefined) continue;
      source += sourceStep;
      line += lineStep;
      sourceColumn += sourceColumnStep;
      segments.push([column, source, line, sourceColumn]);
    }
    return segments;
  });
}

/** Base 64 VLQ: five bits a digit, the sixth says that more follow, the lowest bit of the number is its sign. */
function numbers(text: string): number[] {
  const values: number[] = [];
  let value = 0;
  let shift = 0;
  for (const letter of text) {
    const digit = digits.get(letter) ?? 0;
    value += (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) !== 0) continue;
    values.push((value & 1) === 1 ? -(value >>> 1) : value >>> 1);
    value = 0;
    shift = 0;
  }
  return values;
}
