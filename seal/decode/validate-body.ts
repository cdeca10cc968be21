import { readBody } from './body.ts';
import { BodyContext, bodyRules } from './body-rules.ts';
import { ModuleError } from './error.ts';
import { hasInvalidLane } from './lanes.ts';
import type { DecodedModule, DefinedFunction } from './module.ts';
import { naturalAlignment } from './natural-alignment.ts';
import type { Effort } from './operand-stack.ts';

/** Check one function (core specification §3.4.1); throws `ModuleError`. Returns its instructions. */
export function validateBody(
  module: DecodedModule,
  fn: DefinedFunction,
  declared: ReadonlySet<number>,
  effort: Effort,
): ReturnType<typeof readBody> {
  const type = module.types[fn.typeIndex];
  if (type === undefined) throw new ModuleError('invalid', `unknown type ${fn.typeIndex}`, fn.bodyStart, fn.name);
  const body = readBody(fn, module.types);
  const stack = new BodyContext(module, [...type.parameters, ...fn.locals], declared, effort);
  stack.open('function', { parameters: [], results: type.results });
  try {
    for (const instruction of body) {
      const { opcode } = instruction;
      stack.byteOffset = instruction.byteOffset;
      if (opcode.immediates === 'access' || opcode.immediates === 'access_lane') {
        stack.memory(instruction.index);
        if (instruction.second > naturalAlignment(opcode)) stack.invalid('alignment must not be larger than natural');
      }
      if (hasInvalidLane(instruction)) stack.invalid('invalid lane index');
      if (opcode.signature !== undefined) {
        stack.expectAll(opcode.signature.inputs);
        stack.pushAll(opcode.signature.outputs);
        continue;
      }
      const rule = bodyRules[opcode.name];
      if (rule === undefined) throw new Error(`no typing rule for ${opcode.name}`);
      rule(stack, instruction);
    }
  } catch (error) {
    throw error instanceof ModuleError ? error.inFunction(fn.name) : error;
  }
  return body;
}
