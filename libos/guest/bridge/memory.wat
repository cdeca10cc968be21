;; Gives bindings the memory of the library OS under the name AssemblyScript imports memories by.
(module
  (import "diatom:linked" "memory" (memory 1))
  (export "memory" (memory 0)))
