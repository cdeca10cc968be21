/** A stack machine's loop: one switch over bytecodes, operands in memory. */
const enum Code { Push, Add, Subtract, Multiply, And, ShiftRight, Load, Store, Less, JumpIfZero, Jump, Halt }

const program = new StaticArray<i32>(128);
const stack = new StaticArray<i32>(64);
const variables = new StaticArray<i32>(8);
let size = 0;

function emit(code: Code, operand: i32 = 0): i32 {
  program[size] = code;
  program[size + 1] = operand;
  size += 2;
  return size - 2;
}

// for (i = 0; i < 400000; i += 1) { sum = (sum * 33 + (i & 255)) - (sum >> 3); }
const loop = emit(Code.Load, 0);
emit(Code.Push, 400_000);
emit(Code.Less);
const leave = emit(Code.JumpIfZero);
emit(Code.Load, 1);
emit(Code.Push, 33);
emit(Code.Multiply);
emit(Code.Load, 0);
emit(Code.Push, 255);
emit(Code.And);
emit(Code.Add);
emit(Code.Load, 1);
emit(Code.Push, 3);
emit(Code.ShiftRight);
emit(Code.Subtract);
emit(Code.Store, 1);
emit(Code.Load, 0);
emit(Code.Push, 1);
emit(Code.Add);
emit(Code.Store, 0);
emit(Code.Jump, loop);
program[leave + 1] = emit(Code.Halt);

export function run(): i32 {
  variables[0] = 0;
  variables[1] = 1;
  let at = 0;
  let top = 0;
  while (true) {
    const code = unchecked(program[at]);
    const operand = unchecked(program[at + 1]);
    at += 2;
    switch (code) {
      case Code.Push: unchecked((stack[top++] = operand)); break;
      case Code.Add: top--; unchecked((stack[top - 1] += stack[top])); break;
      case Code.Subtract: top--; unchecked((stack[top - 1] -= stack[top])); break;
      case Code.Multiply: top--; unchecked((stack[top - 1] *= stack[top])); break;
      case Code.And: top--; unchecked((stack[top - 1] &= stack[top])); break;
      case Code.ShiftRight: top--; unchecked((stack[top - 1] >>= stack[top])); break;
      case Code.Load: unchecked((stack[top++] = variables[operand])); break;
      case Code.Store: unchecked((variables[operand] = stack[--top])); break;
      case Code.Less: top--; unchecked((stack[top - 1] = i32(stack[top - 1] < stack[top]))); break;
      case Code.JumpIfZero: if (unchecked(stack[--top]) === 0) at = operand; break;
      case Code.Jump: at = operand; break;
      default: return variables[1];
    }
  }
}
