/** Bound modules run as host programs: their bindings make system calls. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { compileModule } from '../compile.ts';
import { decode } from '../decode/decode.ts';
import { validate } from '../decode/validate.ts';
import { assemble } from '../testing/assemble.ts';
import { writeExecutable } from '../testing/native-run.ts';
import { bind } from './bind.ts';

function checked(text: string) {
  const module = decode(assemble(text));
  validate(module);
  return module;
}

const bindings = checked(`(module
  (import "linux" "write" (func $write (param i64 i64 i64) (result i64)))
  (import "linux" "memory_base" (func $base (result i64)))
  (import "linux" "getpid" (func $getpid (result i64)))
  (import "env" "memory" (memory 0))
  (global $unused (mut i64) (i64.const 9))
  (global $count (mut i32) (i32.const 0))
  (global $first i32 (i32.const 2048))
  (data (i32.const 2048) "bindings\\n")
  (func $print (param i32 i32)
    (drop (call $write (i64.const 1)
      (i64.add (call $base) (i64.extend_i32_u (local.get 0))) (i64.extend_i32_u (local.get 1)))))
  (func $start (call $print (global.get $first) (i32.const 9)))
  (start $start)
  (func (export "console_write") (param i32 i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (call $print (local.get 0) (local.get 1)))
  (func (export "clock_wall") (result i64) (i64.extend_i32_u (global.get $count)))
  (func (export "exit") (param i32) (drop (call $getpid)) (global.set $unused (i64.const 1))))`);

const run = (text: string) => {
  const { module, missingCalls } = bind(checked(text), bindings);
  assert.deepEqual(missingCalls, []);
  validate(module);
  const { elf, systemCalls } = compileModule(module, { flavour: 'linux', check: true });
  const { stdout, status } = spawnSync(writeExecutable(elf));
  assert.equal(status, 0);
  return { module, systemCalls, printed: stdout.toString() };
};

test('calls of the machine arrive in the bindings, which start first and keep their globals and data', () => {
  const { printed } = run(`(module
    (import "diatom:machine" "clock_wall" (func $clock (result i64)))
    (import "diatom:machine" "console_write" (func $print (param i32 i32)))
    (memory (export "memory") 1) (memory $application 1)
    (global $mine (mut i32) (i32.const 16))
    (data (memory 0) (i32.const 16) "start\\nentry 0\\n")
    (start $start)
    (func $start (call $print (global.get $mine) (i32.const 6)) (global.set $mine (i32.const 22)))
    (func (export "_start")
      (i32.store8 0 (i32.const 28) (i32.add (i32.const 48) (i32.wrap_i64 (call $clock))))
      (call $print (global.get $mine) (i32.const 8))))`);
  assert.equal(printed, 'bindings\nstart\nentry 1\n');
});

test('a machine call can be held by a table', () => {
  const { printed } = run(`(module
    (type $print (func (param i32 i32)))
    (import "diatom:machine" "console_write" (func $print (type $print)))
    (memory (export "memory") 1) (data (i32.const 16) "indirect\\n")
    (table 1 funcref) (elem (i32.const 0) $print)
    (func (export "_start") (call_indirect (type $print) (i32.const 16) (i32.const 9) (i32.const 0))))`);
  assert.equal(printed, 'bindings\nindirect\n');
});

test('functions of the program stay as they are, functions of the bindings that nothing calls are gone', () => {
  const text = `(module
    (import "diatom:machine" "clock_wall" (func $clock (result i64)))
    (memory (export "memory") 1)
    (func $one (result i64) (call $clock)) (func (export "_start") (drop (call $one))) (func (export "other")))`;
  const program = checked(text);
  const { module, systemCalls } = run(text);
  assert.deepEqual(module.functions.slice(1, 4), program.functions.slice(1, 4));
  assert.deepEqual(systemCalls, ['exit_group', 'write']);
  assert.equal(module.globals.length, 2, 'the count and where the text is');
  assert.deepEqual(
    module.exports.map(({ name }) => name),
    ['_start'],
  );
});

test('what the bindings do not export is told', () => {
  const program = checked(`(module
    (import "diatom:machine" "sock_send" (func $send)) (import "diatom:machine" "block_read" (func $read))
    (memory (export "memory") 1) (func (export "_start") (call $send) (call $read)))`);
  assert.deepEqual(bind(program, bindings).missingCalls, ['block_read', 'sock_send']);
});
