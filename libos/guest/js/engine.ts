// The engine's C interface (quickjs-emscripten's `QTS_*`), under the names seal/engine gives its exports. A value is an
// `i64` (quickjs.h, JS_NAN_BOXING); the interface passes addresses of values. `...Pointer` results are owned and freed by
// `freeValue`, which also frees the eight bytes.

@external("quickjs", "construct")
export declare function construct(): void;
@external("quickjs", "malloc")
export declare function malloc(size: i32): usize;
@external("quickjs", "free")
export declare function free(block: usize): void;
@external("quickjs", "stack_restore")
export declare function stackRestore(top: usize): void;
@external("quickjs", "QTS_NewRuntime")
export declare function newRuntime(): usize;
@external("quickjs", "QTS_NewContext")
export declare function newContext(runtime: usize, intrinsics: i32): usize;
@external("quickjs", "QTS_RuntimeSetMaxStackSize")
export declare function setMaxStackSize(runtime: usize, size: i32): void;
@external("quickjs", "QTS_RuntimeSetMemoryLimit")
export declare function setMemoryLimit(runtime: usize, size: i32): void;
@external("quickjs", "QTS_RuntimeEnableInterruptHandler")
export declare function enableInterruptHandler(runtime: usize): void;
@external("quickjs", "QTS_Eval")
export declare function evaluateText(
  context: usize, code: usize, length: i32, fileName: usize, detectModule: i32, flags: i32,
): usize;
@external("quickjs", "QTS_Call")
export declare function call(context: usize, callee: usize, self: usize, count: i32, values: usize): usize;
@external("quickjs", "QTS_ResolveException")
export declare function takeException(context: usize, value: usize): usize;
@external("quickjs", "QTS_ExecutePendingJob")
export declare function runJobs(runtime: usize, most: i32, lastContext: usize): usize;
@external("quickjs", "QTS_IsJobPending")
export declare function isJobPending(runtime: usize): i32;
@external("quickjs", "QTS_FreeValuePointer")
export declare function freeValue(context: usize, value: usize): void;
@external("quickjs", "QTS_DupValuePointer")
export declare function duplicateValue(context: usize, value: usize): usize;
@external("quickjs", "QTS_NewObject")
export declare function newObject(context: usize): usize;
@external("quickjs", "QTS_NewFunction")
export declare function newFunction(context: usize, name: usize, parameters: i32, isConstructor: i32, id: i32): usize;
@external("quickjs", "QTS_NewFloat64")
export declare function newNumber(context: usize, value: f64): usize;
@external("quickjs", "QTS_GetFloat64")
export declare function getNumber(context: usize, value: usize): f64;
@external("quickjs", "QTS_NewString")
export declare function newString(context: usize, text: usize): usize;
@external("quickjs", "QTS_GetString")
export declare function getString(context: usize, value: usize): usize;
@external("quickjs", "QTS_FreeCString")
export declare function freeString(context: usize, text: usize): void;
@external("quickjs", "QTS_NewArrayBuffer")
export declare function newArrayBuffer(context: usize, block: usize, length: i32): usize;
@external("quickjs", "QTS_GetArrayBuffer")
export declare function copyArrayBuffer(context: usize, value: usize): usize;
@external("quickjs", "QTS_GetArrayBufferLength")
export declare function arrayBufferLength(context: usize, value: usize): i32;
@external("quickjs", "QTS_SetProp")
export declare function setProperty(context: usize, object: usize, name: usize, value: usize): void;
@external("quickjs", "QTS_GetGlobalObject")
export declare function globalObject(context: usize): usize;
@external("quickjs", "QTS_NewError")
export declare function newError(context: usize): usize;
@external("quickjs", "QTS_Throw")
export declare function throwValue(context: usize, error: usize): usize;
@external("quickjs", "QTS_GetProp")
export declare function getProperty(context: usize, object: usize, name: usize): usize;
@external("quickjs", "QTS_PromiseState")
export declare function promiseState(context: usize, promise: usize): i32;
@external("quickjs", "QTS_PromiseResult")
export declare function promiseResult(context: usize, promise: usize): usize;

export const UNDEFINED: i64 = 3 << 32;
export const TRUE: i64 = (1 << 32) | 1;
export const FALSE: i64 = 1 << 32;

export const MODULE = 1;

/** States of a promise; anything else has -1. */
export const FULFILLED = 1;
export const REJECTED = 2;

/** Fields of JSRuntime in quickjs-ng 0.12.1; the interface has no function for the second. `prepare` checks what it can. */
export const interruptHandlerOffset = 160;
export const rejectionTrackerAfterInterruptHandler = 20;
/** Functions of `JSMallocFunctions`, the first field. */
export const freeOffset = 8;
export const blockSizeOffset = 16;
/** Entries of the engine's table that bridge/engine-table.wat fills, and the cell it reads the former one from. */
export const rejectionTrackerIndex = 492;
export const freeIndex = 493;
export const blockSizeIndex = 494;
export const formerFreeCell = 520;
/** Where bridge/engine-hot.wat finds the context. */
export const contextCell = 668;

const STRING = -7;
/** Long strings that were joined and nobody has looked at since: two strings, or ropes again. */
const STRING_ROPE = -6;

// @ts-ignore: decorator
@inline
export function isUndefined(value: usize): bool {
  const tag = load<i32>(value, 4);
  return tag == 3 || tag == 2;
}

// @ts-ignore: decorator
@inline
export function isString(value: usize): bool {
  const tag = load<i32>(value, 4);
  return tag == STRING || tag == STRING_ROPE;
}

/** A string of 16 bits a character (JSString and JSStringRope). */
export function isWide(value: usize): bool {
  const block = <usize>load<u32>(value);
  return load<i32>(value, 4) == STRING ? load<i32>(block, 4) < 0 : load<u8>(block, 8) != 0;
}

/** An integer argument; others are converted. */
export function integer(context: usize, value: usize): i32 {
  return load<i32>(value, 4) == 0 ? load<i32>(value) : <i32>getNumber(context, value);
}

/**
 * Bytes of a string that `getString` gave. The text lies at the end of the engine's own string, whose length stands
 * first; what strlen says ends at the first NUL character of the text.
 */
// @ts-ignore: decorator
@inline
export function stringLength(text: usize): i32 {
  return <i32>(load<u32>(text - 24) & 0x7fffffff);
}

/** Eight bytes of a result, which the engine frees. */
export function result(value: i64): usize {
  const block = malloc(8);
  if (block != 0) store<i64>(block, value);
  return block;
}
