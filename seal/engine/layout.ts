/** Where things lie in the engine's memory. Nothing else in this file: the worker of the snapshot reads it at every build. */

/** End of static data and stack, start of the heap, as the engine's own linker put them. */
export const builtHeapAt = 5_342_832;

/** Static data of the glue, behind the engine's. */
export const glueDataAt = 100_352;

/** The heap begins behind both instead, and behind what else is linked; the stack is elsewhere (snapshot/evaluate.ts). */
export const glueDataEnd = glueDataAt + 8192;

/** Two words below everything the engine uses: address and length of the program's text (libos/guest/bridge/engine-table.wat). */
export const textCellsAt = 512;
