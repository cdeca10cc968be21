/** Host programs of our own: AssemblyScript sealed with the `linux` flavour into an ordinary static executable. */
import { BuildError, compile } from '@diatom/seal';
import { main } from 'assemblyscript/asc';

export interface NativeProgram {
  readonly entryPath: string;
  readonly ascOptions: readonly string[];
}

const wasmName = 'program.wasm';

export async function sealNativeProgram({ entryPath, ascOptions }: NativeProgram): Promise<Uint8Array> {
  let wasm: Uint8Array | undefined;
  let complaints = '';
  const { error } = await main([entryPath, '--outFile', wasmName, '--baseDir', '/', ...ascOptions], {
    stderr: {
      write: (text: string) => {
        complaints += text;
        return true;
      },
    },
    writeFile: (name: string, content: string | Uint8Array) => {
      if (name.endsWith(wasmName) && typeof content !== 'string') wasm = content;
    },
  });
  if (error !== null || wasm === undefined) {
    throw new BuildError([{ code: 'compile', file: entryPath, message: complaints || String(error?.message) }]);
  }
  return compile(wasm, { flavour: 'linux' }).elf;
}
