;; The glue's function that the engine calls through its table: seal/engine makes room for it behind the engine's own.
(module
  (import "quickjs" "table" (table 493 funcref))
  (import "diatom:application" "promise_rejected" (func $rejected (param i32 i64 i64 i32 i32)))
  (elem (i32.const 492) $rejected))
