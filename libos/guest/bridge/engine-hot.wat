;; What a program makes the engine do most, with less (seal/engine/hooks.ts puts these in place of the engine's own): a value
;; that others still refer to is let go in ten instructions instead of thirty, and a small block of memory is taken and given back in
;; twenty instead of two hundred. Everything else is left to the functions as they were (`former/...`).
;;
;; Small blocks that were freed wait in lists, one for each size, as dlmalloc's own chunks that it thinks are in use: their size
;; is the word before them (engine-table.wat), they are linked by their first word. Cells 528 + size / 2: first of a list;
;; 524: bytes in all of them. From `listedBytes` on the allocator gets what is freed, so that it is not lost to other sizes.
;;
;; Shapes (what properties an object has, and in which order) of plain objects and functions are kept for a while when their last object
;; goes: the next request makes such objects again, and finding a shape is a fifth of making it. Cells 672 to 927: those kept, in a
;; ring; 664: where the next one goes; 668: the context. Only with the prototypes that every program has: keeping a shape keeps its
;; prototype, and whatever a program's own one leads to.
;;
;; JSRuntime: 20 blocks in use, 24 bytes in use, 28 their limit, 112 what the collector is at (2: freeing cycles). A block counts with its size and eight more.
(module
  (import "diatom:application" "application_memory" (memory 0))
  (import "quickjs" "former/JS_FreeValueRT" (func $former_free_value (param i32 i64)))
  (import "quickjs" "former/js_free_rt" (func $former_free (param i32 i32)))
  (import "quickjs" "former/js_malloc_rt" (func $former_malloc (param i32 i32) (result i32)))
  (import "quickjs" "former/strv" (func $former_text (param i32) (result i32)))
  (import "quickjs" "former/JS_DefinePropertyValue" (func $former_define (param i32 i64 i32 i64 i32) (result i32)))
  (import "quickjs" "former/js_free_shape" (func $former_free_shape (param i32 i32)))
  (import "quickjs" "helper/find_own_property" (func $find_property (param i32 i32 i32) (result i32)))
  (import "quickjs" "helper/add_property" (func $add_property (param i32 i32 i32 i32) (result i32)))
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
    (local.get $larger))

  ;; JSString: 8 kind in bits 28 and 29, 28 the text of the usual kind.
  (func $quickjs/text_of (export "hot/strv") (param $string i32) (result i32)
    (if (i32.and (i32.load offset=8 (local.get $string)) (i32.const 0x30000000))
      (then (return (call $former_text (local.get $string)))))
    (i32.add (local.get $string) (i32.const 28)))

  ;; A property that an ordinary object has not. JSObject: 4 flags (0x100 extensible, 0x400 exotic). Flags of the property that need
  ;; no thought: configurable, writable, enumerable, and to throw. Cell 928 takes what find_own_property writes.
  (func $quickjs/define_new (export "hot/JS_DefinePropertyValue")
    (param $context i32) (param $object i64) (param $name i32) (param $value i64) (param $flags i32) (result i32)
    (local $block i32)
    (local $property i32)
    (local.set $block (i32.wrap_i64 (local.get $object)))
    (if
      (i32.or
        (i64.lt_u (local.get $object) (i64.const -4294967296))
        (i32.ne (i32.and (local.get $flags) (i32.const -49160)) (i32.const 0)))
      (then
        (return
          (call $former_define
            (local.get $context) (local.get $object) (local.get $name) (local.get $value) (local.get $flags)))))
    (if
      (i32.ne (i32.and (i32.load16_u offset=4 (local.get $block)) (i32.const 0x500)) (i32.const 0x100))
      (then
        (return
          (call $former_define
            (local.get $context) (local.get $object) (local.get $name) (local.get $value) (local.get $flags)))))
    (if (call $find_property (i32.const 928) (local.get $block) (local.get $name))
      (then
        (return
          (call $former_define
            (local.get $context) (local.get $object) (local.get $name) (local.get $value) (local.get $flags)))))
    (local.set $property
      (call $add_property
        (local.get $context) (local.get $block) (local.get $name) (i32.and (local.get $flags) (i32.const 7))))
    (if (i32.eqz (local.get $property))
      (then
        (call $quickjs/free_value_of (local.get $context) (local.get $value))
        (return (i32.const -1))))
    (i64.store (local.get $property) (local.get $value))
    (i32.const 1))

  ;; JSShape: 0 references, 16 whether it can be found, 44 prototype. class_proto, at 56 of JSContext: 1 objects, 13 functions.
  (func $quickjs/free_shape (export "hot/js_free_shape") (param $runtime i32) (param $shape i32)
    (local $count i32)
    (local $prototypes i32)
    (local $at i32)
    (local $oldest i32)
    (local.set $count (i32.load (local.get $shape)))
    (if (i32.gt_s (local.get $count) (i32.const 1))
      (then
        (i32.store (local.get $shape) (i32.sub (local.get $count) (i32.const 1)))
        (return)))
    (if
      (i32.and
        (i32.ne (i32.load (i32.const 668)) (i32.const 0))
        (i32.and
          (i32.ne (i32.load8_u offset=16 (local.get $shape)) (i32.const 0))
          (i32.ne (i32.load8_u offset=112 (local.get $runtime)) (i32.const 2))))
      (then
        (local.set $prototypes (i32.load offset=56 (i32.load (i32.const 668))))
        (if
          (i32.or
            (i32.eq (i32.load offset=44 (local.get $shape)) (i32.load offset=8 (local.get $prototypes)))
            (i32.eq (i32.load offset=44 (local.get $shape)) (i32.load offset=104 (local.get $prototypes))))
          (then
            (local.set $at (i32.load (i32.const 664)))
            (local.set $oldest (i32.load offset=672 (local.get $at)))
            (i32.store offset=672 (local.get $at) (local.get $shape))
            (i32.store (i32.const 664) (i32.and (i32.add (local.get $at) (i32.const 4)) (i32.const 252)))
            (if (local.get $oldest) (then (call $former_free_shape (local.get $runtime) (local.get $oldest))))
            (return)))))
    (call $former_free_shape (local.get $runtime) (local.get $shape))))
