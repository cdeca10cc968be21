/** What a linked module says about itself in its import and memory sections (WebAssembly core 2.0 §5.5). */

export interface ModuleShape {
  readonly imports: readonly { readonly module: string; readonly name: string }[];
  readonly memories: readonly { readonly initialBytes: number; readonly maximumBytes: number }[];
}

const pageBytes = 65536;
const memorySection = 5;

export function readModule(wasm: Uint8Array): ModuleShape {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>));
  return { imports: imports.map(({ module, name }) => ({ module, name })), memories: readMemories(wasm) };
}

function readMemories(wasm: Uint8Array): ModuleShape['memories'] {
  let at = 8;
  const leb = (): number => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++] ?? 0;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  };
  while (at < wasm.length) {
    const id = wasm[at++];
    const size = leb();
    if (id !== memorySection) {
      at += size;
      continue;
    }
    return Array.from({ length: leb() }, () => {
      const hasMaximum = leb() & 1;
      const initialBytes = leb() * pageBytes;
      return { initialBytes, maximumBytes: hasMaximum ? leb() * pageBytes : 2 ** 32 };
    });
  }
  return [];
}
