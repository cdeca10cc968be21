// Memory right above the static data: shared buffers, then the heap. They are not static data themselves, so that
// an image does not carry their zeros. The link sets an initial size of memory that covers them.

export const scratchBytes: i32 = 65536;
export const outgoingBytes: i32 = 65536;
export const consoleBytes: i32 = 4096;
/** 512 MiB of pages. */
export const heapBitmapBytes: i32 = 16384;
export const passingBytes: i32 = 65536;

/**
 * Where HTTP receives. It stays as it is while the application is called with a request: the request's head and body lie in it,
 * and the requests behind it. Whatever the application may call then uses `passing`.
 */
// @ts-ignore: decorator
@inline
export function scratch(): usize {
  return (__heap_base + 15) & ~15;
}

/** Responses to one connection gather here until they are sent. */
// @ts-ignore: decorator
@inline
export function outgoing(): usize {
  return scratch() + scratchBytes;
}

// @ts-ignore: decorator
@inline
export function consoleBuffer(): usize {
  return outgoing() + outgoingBytes;
}

/** One bit per page of the heap; most of it is never touched. */
// @ts-ignore: decorator
@inline
export function heapBitmap(): usize {
  return consoleBuffer() + consoleBytes;
}

/** Bytes between the application and the machine, for the length of one call of the application. */
// @ts-ignore: decorator
@inline
export function passing(): usize {
  return heapBitmap() + heapBitmapBytes;
}

// @ts-ignore: decorator
@inline
export function heapStart(): usize {
  return (passing() + passingBytes + 4095) & ~4095;
}
