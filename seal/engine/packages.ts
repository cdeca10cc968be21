/** npm packages whose WebAssembly becomes machine code of images. Nothing else in this file: `diatom inspect` names them. */

/** quickjs-ng. */
export const enginePackage = '@jitl/quickjs-ng-wasmfile-release-sync';

/** HACL*. */
export const cryptographyPackage = 'hacl-wasm';
