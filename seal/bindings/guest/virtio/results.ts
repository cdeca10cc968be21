// `machineErrors` of libos/abi.ts.

export const AGAIN = -1;
export const INVALID = -3;
export const DENIED = -4;
export const REFUSED = -6;
