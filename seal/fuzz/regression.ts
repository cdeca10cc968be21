/** A difference that was found, as a file of text: the module, and in its first line the calls to compare. */
import { readFileSync } from 'node:fs';
import binaryen from 'binaryen';
import { assemble, assemblerFeatures } from '../testing/assemble.ts';
import type { Call } from './compare.ts';

export interface Regression {
  readonly wasm: Uint8Array;
  readonly calls: readonly Call[];
}

const mark = ';; calls: ';

export function writeRegression({ wasm, calls }: Regression, said: readonly string[]): string {
  const module = binaryen.readBinary(wasm);
  try {
    module.setFeatures(assemblerFeatures);
    const listed = calls.map(({ name, arguments: bits }) => [name, ...bits.map((each) => `0x${each.toString(16)}`)]);
    return [`${mark}${JSON.stringify(listed)}`, ...said.map((line) => `;; ${line}`), module.emitText()].join('\n');
  } finally {
    module.dispose();
  }
}

export function readRegression(path: string): Regression {
  const text = readFileSync(path, 'utf8');
  const [first = ''] = text.split('\n');
  if (!first.startsWith(mark)) throw new Error(`${path} does not begin with '${mark}[["export", "0xargument"]]'`);
  const listed = JSON.parse(first.slice(mark.length)) as readonly (readonly string[])[];
  return {
    wasm: assemble(text),
    calls: listed.map(([name = '', ...bits]) => ({ name, arguments: bits.map(BigInt) })),
  };
}
