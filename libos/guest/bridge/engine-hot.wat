;; What a program makes the engine do most, with less (seal/engine/hooks.ts puts these in place of the engine's own): a value
;; that others still refer to is let go in ten instructions instead of thirty, and a small block of memory is taken and given back in
;; twenty instead of two hundred. Everything else is left to the functions as they were (`former/...`).
;;
;; Small blocks that were freed wait in lists, one for each size, as dlmalloc's own chunks that it thinks are in use: their size
;; is the word before them (engine-table.wat), they are linked by their first word. Cells 528 + size / 2: first of a list;
;; 524: bytes in all of them. From `listedBytes` on the allocator gets what is freed, so that it is not lost to other sizes.
;;
;; JSRuntime: 20 blocks in use, 24 bytes in use, 28 their limit. A block counts with its size and eight more.
(module
  (import "diatom:application" "application_memory" (memory 0))
  (import "quickjs" "former/JS_FreeValueRT" (func $former_free_value (param i32 i64)))
  (import "quickjs" "former/js_free_rt" (func $former_free (param i32 i32)))
  (import "quickjs" "former/js_malloc_rt" (func $former_malloc (param i32 i32) (result i32)))
  (import "quickjs" "former/js_realloc_rt" (func $former_realloc (param i32 i32 i32) (result i32)))

  ;; JS_VALUE_HAS_REF_COUNT: tags from -9 on. Whoever holds the last reference frees the value.
  (func $quickjs/free_value (export "hot/JS_FreeValueRT") (param $runtime i32) (param $value i64)
    (local $block i32)
    (local $count i32)
    (if (i64.lt_u (local.get $value) (i64.const -38654705664)) (then (return)))
    (local.set $block (i32.wrap_i64 (local.get $value)))
    (local.set $count (i32.load (local.get $block)))
    (if (i32.gt_s (local.get $count) (i32.const 1))
      (then
        (i32.store (local.get $block) (i32.sub (local.get $count) (i32.const 1)))
        (return)))
    (call $former_free_value (local.get $runtime) (local.get $value)))

  (func $quickjs/free_value_of (export "hot/JS_FreeValue") (param $context i32) (param $value i64)
    (local $block i32)
    (local $count i32)
    (if (i64.lt_u (local.get $value) (i64.const -38654705664)) (then (return)))
    (local.set $block (i32.wrap_i64 (local.get $value)))
    (local.set $count (i32.load (local.get $block)))
    (if (i32.gt_s (local.get $count) (i32.const 1))
      (then
        (i32.store (local.get $block) (i32.sub (local.get $count) (i32.const 1)))
        (return)))
    (call $former_free_value (i32.load offset=16 (local.get $context)) (local.get $value)))

  ;; From 5 to 252 bytes: chunks of 16 to 256.
  (func $quickjs/malloc_small (export "hot/js_malloc_rt") (param $runtime i32) (param $size i32) (result i32)
    (local $chunk i32)
    (local $block i32)
    (if (i32.ge_u (i32.sub (local.get $size) (i32.const 5)) (i32.const 248))
      (then (return (call $former_malloc (local.get $runtime) (local.get $size)))))
    (local.set $chunk (i32.and (i32.add (local.get $size) (i32.const 11)) (i32.const -8)))
    (local.set $block (i32.load offset=528 (i32.shr_u (local.get $chunk) (i32.const 1))))
    (if (i32.eqz (local.get $block)) (then (return (call $former_malloc (local.get $runtime) (local.get $size)))))
    (if
      (i32.gt_u
        (i32.add (i32.load offset=24 (local.get $runtime)) (local.get $size))
        (i32.sub (i32.load offset=28 (local.get $runtime)) (i32.const 1)))
      (then (return (i32.const 0))))
    (i32.store offset=528 (i32.shr_u (local.get $chunk) (i32.const 1)) (i32.load (local.get $block)))
    (i32.store (i32.const 524) (i32.sub (i32.load (i32.const 524)) (local.get $chunk)))
    (i32.store offset=20 (local.get $runtime) (i32.add (i32.load offset=20 (local.get $runtime)) (i32.const 1)))
    (i32.store offset=24 (local.get $runtime)
      (i32.add (i32.add (i32.load offset=24 (local.get $runtime)) (local.get $chunk)) (i32.const 4)))
    (local.get $block))

  ;; Not what is part of the program's text (engine-table.wat).
  (func $quickjs/free_small (export "hot/js_free_rt") (param $runtime i32) (param $block i32)
    (local $chunk i32)
    (if (i32.eqz (local.get $block)) (then (return)))
    (if (i32.lt_u (i32.sub (local.get $block) (i32.load (i32.const 512))) (i32.load (i32.const 516)))
      (then
        (call $former_free (local.get $runtime) (local.get $block))
        (return)))
    (local.set $chunk (i32.and (i32.load (i32.sub (local.get $block) (i32.const 4))) (i32.const -8)))
    (if
      (i32.or
        (i32.gt_u (local.get $chunk) (i32.const 256))
        (i32.ge_u (i32.load (i32.const 524)) (i32.const 32768)))
      (then
        (call $former_free (local.get $runtime) (local.get $block))
        (return)))
    (i32.store (local.get $block) (i32.load offset=528 (i32.shr_u (local.get $chunk) (i32.const 1))))
    (i32.store offset=528 (i32.shr_u (local.get $chunk) (i32.const 1)) (local.get $block))
    (i32.store (i32.const 524) (i32.add (i32.load (i32.const 524)) (local.get $chunk)))
    (i32.store offset=20 (local.get $runtime) (i32.sub (i32.load offset=20 (local.get $runtime)) (i32.const 1)))
    (i32.store offset=24 (local.get $runtime)
      (i32.sub (i32.sub (i32.load offset=24 (local.get $runtime)) (local.get $chunk)) (i32.const 4))))

  ;; Objects grow by a property at a time: a small block that grows into another small one.
  (func $quickjs/realloc_small (export "hot/js_realloc_rt") (param $runtime i32) (param $block i32) (param $size i32) (result i32)
    (local $chunk i32)
    (local $larger i32)
    (if (i32.or (i32.eqz (local.get $block)) (i32.ge_u (i32.sub (local.get $size) (i32.const 5)) (i32.const 248)))
      (then (return (call $former_realloc (local.get $runtime) (local.get $block) (local.get $size)))))
    (if (i32.lt_u (i32.sub (local.get $block) (i32.load (i32.const 512))) (i32.load (i32.const 516)))
      (then (return (call $former_realloc (local.get $runtime) (local.get $block) (local.get $size)))))
    (local.set $chunk (i32.and (i32.load (i32.sub (local.get $block) (i32.const 4))) (i32.const -8)))
    ;; Shrinking is the allocator's affair, and so is what grows in place.
    (if (i32.le_u (i32.and (i32.add (local.get $size) (i32.const 11)) (i32.const -8)) (local.get $chunk))
      (then (return (call $former_realloc (local.get $runtime) (local.get $block) (local.get $size)))))
    (local.set $larger (call $quickjs/malloc_small (local.get $runtime) (local.get $size)))
    (if (i32.eqz (local.get $larger)) (then (return (i32.const 0))))
    (memory.copy (local.get $larger) (local.get $block) (i32.sub (local.get $chunk) (i32.const 4)))
    (call $quickjs/free_small (local.get $runtime) (local.get $block))
    (local.get $larger)))
