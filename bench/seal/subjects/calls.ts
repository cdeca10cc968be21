/** How often a process calls `run` after a first call that is not measured. guest/driver and wasm2c-main.c say the same. */
export const callsPerProcess = 12;
