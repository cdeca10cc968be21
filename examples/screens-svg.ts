/** Terminals as a picture: what was typed is bold, what was printed is not. */

export interface Line {
  readonly kind: 'typed' | 'printed';
  readonly text: string;
}

export interface Pane {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** Pixels. The width of a character is that of nearly every monospaced font, and set again on each line by `textLength`. */
const character = 8.4;
const lineHeight = 20;
const fontSize = 14;
const margin = 16;
const titleHeight = 30;
const gap = 14;
const columns = 104;

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Longer lines go on below, as in a terminal of that width. */
function folded({ kind, text }: Line): readonly Line[] {
  const parts = text.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [''];
  return parts.map((part) => ({ kind, text: part }));
}

function lineOf({ kind, text }: Line, x: number, y: number): string {
  if (text.trim() === '') return '';
  const at = `x="${x}" y="${y}" textLength="${(text.length * character).toFixed(1)}" lengthAdjust="spacingAndGlyphs"`;
  return `<text ${at} class="${kind}">${escaped(text)}</text>`;
}

function paneOf({ title, lines }: Pane, top: number): { readonly svg: string; readonly height: number } {
  const shown = lines.flatMap(folded);
  const height = titleHeight + shown.length * lineHeight + margin;
  const width = columns * character + 2 * margin;
  const first = top + titleHeight + fontSize;
  const svg = [
    `<rect y="${top}" width="${width}" height="${height}" rx="8" class="pane"/>`,
    `<text x="${margin}" y="${top + 20}" class="title">${escaped(title)}</text>`,
    ...shown.map((line, at) => lineOf(line, margin, first + at * lineHeight)),
  ].filter(Boolean);
  return { svg: svg.join('\n'), height };
}

export function svgOf(panes: readonly Pane[]): string {
  const width = columns * character + 2 * margin;
  const parts: string[] = [];
  let top = 0;
  for (const pane of panes) {
    const { svg, height } = paneOf(pane, top);
    parts.push(svg);
    top += height + gap;
  }
  const height = top - gap;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" xml:space="preserve">`,
    `<title>${panes.map(({ title }) => escaped(title)).join(', ')}</title>`,
    '<style>',
    `text { font: ${fontSize}px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre; }`,
    '.pane { fill: #14181d; }',
    '.title { fill: #7d8590; }',
    '.typed { fill: #ffffff; font-weight: bold; }',
    '.printed { fill: #c3ccd6; }',
    '</style>',
    ...parts,
    '</svg>\n',
  ].join('\n');
}
