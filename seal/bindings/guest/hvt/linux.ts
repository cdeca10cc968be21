// What the bindings may ask of the code generator in a virtual machine (seal/codegen/intrinsics.ts): no system call.

@external("linux", "memory_base")
export declare function memory_base(): i64;
/** Word of the boot block (docs/process-image.md). */
@external("linux", "boot")
export declare function boot(word: i32): i64;
@external("linux", "peek8")
export declare function peek8(address: i64): i32;
@external("linux", "peek32")
export declare function peek32(address: i64): i32;
@external("linux", "peek64")
export declare function peek64(address: i64): i64;
@external("linux", "poke8")
export declare function poke8(address: i64, value: i32): void;
@external("linux", "poke32")
export declare function poke32(address: i64, value: i32): void;
@external("linux", "poke64")
export declare function poke64(address: i64, value: i64): void;
@external("linux", "copy")
export declare function copy(to: i64, from: i64, length: i64): void;
@external("linux", "out32")
export declare function out32(port: i32, value: i32): void;
@external("linux", "timestamp")
export declare function timestamp(): i64;
