;; The application memory of a JavaScript application: the engine's and its glue's. The second name is for the snapshot.
(module
  (memory 256 65536)
  (export "memory" (memory 0))
  (export "application_memory" (memory 0)))
