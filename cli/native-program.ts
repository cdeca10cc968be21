/** AssemblyScript sealed as it stands: a host program of our own (flavour `linux`), or a guest without library OS and bindings. */
import { BuildError, compile, type Flavour } from '@diatom/seal';
import { main } from 'assemblyscript/asc';

export interface NativeProgram {
  readonly entryPath: string;
  readonly ascOptions: readonly string[];
  readonly flavour?: Flavour;
}

const wasmName = 'program.wasm';

export async function sealNativeProgram({
  entryPath,
  ascOptions,
  flavour = 'linux',
}: NativeProgram): Promise<Uint8Array> {
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
  return compile(wasm, { flavour }).elf;
}
