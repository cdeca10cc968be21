import binaryen from 'binaryen';

export const assemblerFeatures =
  binaryen.Features.MutableGlobals |
  binaryen.Features.NontrappingFPToInt |
  binaryen.Features.BulkMemory |
  binaryen.Features.BulkMemoryOpt |
  binaryen.Features.SignExt |
  binaryen.Features.Multivalue |
  binaryen.Features.ReferenceTypes |
  binaryen.Features.MultiMemory |
  binaryen.Features.ExtendedConst |
  binaryen.Features.TailCall |
  binaryen.Features.SIMD128;

/** A module from text, with the features the compiler has. */
export function assemble(text: string): Uint8Array {
  const module = binaryen.parseText(text);
  module.setFeatures(assemblerFeatures);
  try {
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}
