/** Where a line of the joined program stands in its own files: stacks are told in terms of those. */

interface Places {
  readonly files: readonly string[];
  /**
   * Mappings as in a source map (ECMA-426 §9.2), with three fields a segment: column, file, line. A segment is there where
   * file or line change.
   */
  readonly mappings: string;
}

/** File and line, both count from 0, and the column from which they are true. */
type Segment = readonly [column: number, file: number, line: number];

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

let places: Places | null = null;
let lines: readonly (readonly Segment[])[] | null = null;

export function setPlaces(given: Places): void {
  places = given;
  lines = null;
}

function decode(mappings: string): readonly (readonly Segment[])[] {
  let file = 0;
  let line = 0;
  return mappings.split(';').map((group) => {
    let column = 0;
    const segments: Segment[] = [];
    const values = numbers(group);
    for (let at = 0; at + 2 < values.length; at += 3) {
      column += values[at] as number;
      file += values[at + 1] as number;
      line += values[at + 2] as number;
      segments.push([column, file, line]);
    }
    return segments;
  });
}

function numbers(text: string): readonly number[] {
  const values: number[] = [];
  let value = 0;
  let shift = 0;
  for (const letter of text) {
    const digit = alphabet.indexOf(letter);
    value += (digit & 31) << shift;
    shift += 5;
    if ((digit & 32) !== 0) continue;
    values.push((value & 1) === 1 ? -(value >>> 1) : value >>> 1);
    value = 0;
    shift = 0;
  }
  return values;
}

const place = /\bapp\.js:(\d+):(\d+)/g;

/** The text with every place of the joined program replaced by the one it came from. */
export function withOwnPlaces(text: string): string {
  if (places === null || !text.includes('app.js:')) return text;
  const { files, mappings } = places;
  lines ??= decode(mappings);
  const known = lines;
  return text.replace(place, (whole, line: string, column: string) => {
    const segments = known[Number(line) - 1] ?? [];
    const found = segments.findLast(([from]) => from < Number(column)) ?? segments[0];
    const file = found === undefined ? undefined : files[found[1]];
    return found === undefined || file === undefined ? whole : `${file}:${found[2] + 1}`;
  });
}

const scope = globalThis as { __places?: typeof setPlaces };

/** The joined program ends with a call of this, which the build adds when it knows where everything has come to stand. */
scope.__places = (given) => {
  delete scope.__places;
  setPlaces(given);
};
