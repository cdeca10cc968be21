// The only way between library-OS memory and application memory; resolved by the bridge module at link time.

/** Copy into application memory. */
@external("diatom:bridge", "to_application")
export declare function toApplication(applicationPtr: u32, ptr: usize, len: i32): void;
/** Copy out of application memory. */
@external("diatom:bridge", "from_application")
export declare function fromApplication(ptr: usize, applicationPtr: u32, len: i32): void;
/** Call entry `index` of the application's function table. */
@external("diatom:bridge", "call_application")
export declare function callApplication(index: i32, first: i32, second: i32): void;
