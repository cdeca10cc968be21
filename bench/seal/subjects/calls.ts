/** How often a process calls `run` after a first call that is not measured. guest/driver, run-in-v8.mjs and wasm2c-main.c say the same. */
export const callsPerProcess = 12;
