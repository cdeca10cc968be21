;; Functions the engine calls through its table: seal/engine makes room for them behind the engine's own.
;;
;; Functions of a program keep their text. All of it stands in one place (cells 512: address, 516: length), and seal/engine
;; makes the engine point there instead of copying each, again for each function around it. So what is in there is never freed.
;; Cell 520: what the engine's runtime used for freeing before.
;;
;; Emscripten's build of the engine knows no sizes of blocks, so that it could not tell how much a program uses: neither its limit
;; nor its garbage collector would see large buffers. The word before a block has its size, in dlmalloc's way: with the header of
;; four bytes, and three bits of other meaning.
(module
  (import "quickjs" "table" (table 495 funcref))
  (import "diatom:application" "application_memory" (memory 0))
  (import "diatom:application" "promise_rejected" (func $rejected (param i32 i64 i64 i32 i32)))
  (type $free (func (param i32 i32)))
  (func $quickjs/is_text (param $block i32) (result i32)
    (i32.lt_u (i32.sub (local.get $block) (i32.load (i32.const 512))) (i32.load (i32.const 516))))
  (func $quickjs/free_block (type $free) (param $opaque i32) (param $block i32)
    (if (call $quickjs/is_text (local.get $block)) (then (return)))
    (call_indirect (type $free) (local.get $opaque) (local.get $block) (i32.load (i32.const 520))))
  (func $quickjs/block_size (param $block i32) (result i32)
    (if (call $quickjs/is_text (local.get $block)) (then (return (i32.const 0))))
    (i32.sub (i32.and (i32.load (i32.sub (local.get $block) (i32.const 4))) (i32.const -8)) (i32.const 4)))
  (elem (i32.const 492) $rejected $quickjs/free_block $quickjs/block_size))
