import { assemble } from './assemble.ts';

const prints: Readonly<Record<string, string>> = {
  print: '',
  print_i32: 'i32',
  print_i64: 'i64',
  print_f32: 'f32',
  print_f64: 'f64',
  print_i32_f32: 'i32 f32',
  print_f64_f64: 'f64 f64',
};

/** The host module of the spec scripts (their README, "spectest"). What it prints nobody reads. */
export const spectest = (): Uint8Array =>
  assemble(`(module
    ${Object.entries(prints)
      .map(([name, types]) => `(func (export "${name}") (param ${types}))`)
      .join('\n')}
    (global (export "global_i32") i32 (i32.const 666))
    (global (export "global_i64") i64 (i64.const 666))
    (global (export "global_f32") f32 (f32.const 666.6))
    (global (export "global_f64") f64 (f64.const 666.6))
    (table (export "table") 10 20 funcref)
    (memory (export "memory") 1 2))`);
