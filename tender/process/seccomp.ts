/**
 * The seccomp filter of one image: the rows of the table that its manifest names, everything else SECCOMP_RET_TRAP, so
 * that the tender's SIGSYS handler can say which call it was (seccomp(2); linux/seccomp.h `struct seccomp_data`).
 */
import { TenderError } from '../instances.ts';
import { assemble, giveBack, jump, label, load, type Statement } from './bpf.ts';
import { type ArgumentRule, alwaysAllowed, type Descriptors, descriptorLayout, systemCalls } from './system-calls.ts';

export const returnAllow = 0x7fff_0000;
export const returnTrap = 0x0003_0000;
/** AUDIT_ARCH_X86_64. The same numbers mean other calls for int 0x80. */
export const architecture = 0xc000_003e;
/** __X32_SYSCALL_BIT: calls of the x32 ABI have the same architecture. */
const x32Bit = 0x4000_0000;

const dataOffsets = {
  number: 0,
  architecture: 4,
  low: (argument: number) => 16 + argument * 8,
  high: (argument: number) => 20 + argument * 8,
} as const;

const ruleStatements = (rule: ArgumentRule, denied: string): readonly Statement[] => {
  const low = load(dataOffsets.low(rule.argument));
  const high = load(dataOffsets.high(rule.argument));
  const highIsZero = [high, jump('jumpEqual', 0, { ifFalse: denied })];
  switch (rule.kind) {
    case 'range':
      if (rule.from === rule.to) return [...highIsZero, low, jump('jumpEqual', rule.from, { ifFalse: denied })];
      return [
        ...highIsZero,
        low,
        jump('jumpGreaterOrEqual', rule.from, { ifFalse: denied }),
        jump('jumpGreater', rule.to, { ifTrue: denied }),
      ];
    case 'onlyBits':
      return [...highIsZero, low, jump('jumpAnyBit', ~rule.mask >>> 0, { ifTrue: denied })];
    case 'above4GiB':
      return [high, jump('jumpEqual', 0, { ifTrue: denied })];
  }
};

/** A call is allowed when all rules of one of the alternatives hold. */
export interface AllowedCall {
  readonly name: string;
  readonly number: number;
  readonly alternatives: readonly (readonly ArgumentRule[])[];
}

const callStatements = ({ name, number, alternatives }: AllowedCall): readonly Statement[] => [
  jump('jumpEqual', number, { ifFalse: `after ${name}` }),
  ...alternatives.flatMap((rules, index) => {
    const denied = `${name} denied ${index}`;
    return [...rules.flatMap((rule) => ruleStatements(rule, denied)), giveBack(returnAllow), label(denied)];
  }),
  giveBack(returnTrap),
  label(`after ${name}`),
];

/** `struct sock_filter[]`: these calls, in the order in which they are tried, and no other. */
export const assembleFilter = (calls: readonly AllowedCall[]): Uint8Array =>
  assemble([
    load(dataOffsets.architecture),
    jump('jumpEqual', architecture, { ifFalse: 'foreign' }),
    load(dataOffsets.number),
    jump('jumpGreaterOrEqual', x32Bit, { ifFalse: 'native' }),
    label('foreign'),
    giveBack(returnTrap),
    label('native'),
    ...calls.flatMap(callStatements),
    giveBack(returnTrap),
  ]);

/** `names` are the manifest's `systemCalls`; a name that is not in the table is an error, not ignored. */
export const buildFilter = (names: readonly string[], descriptors: Descriptors): Uint8Array => {
  const known = new Set(systemCalls.map((call) => call.name));
  const unknown = names.filter((name) => !known.has(name));
  if (unknown.length > 0) {
    throw new TenderError(
      'SystemCallNotAllowed',
      `the image declares system calls no image may use: ${unknown.join(', ')}; build it again with this version of Diatom`,
    );
  }
  const layout = descriptorLayout(descriptors);
  const { requests } = layout;
  const selected = systemCalls.filter((call) => names.includes(call.name) || alwaysAllowed.includes(call.name));
  return assembleFilter(
    selected
      .map(({ name, number, rules, egressRules }) => ({
        name,
        number,
        alternatives: [
          ...(rules === undefined ? [] : [rules(layout)]),
          ...(egressRules === undefined || requests === undefined ? [] : [egressRules(layout, requests)]),
        ],
      }))
      .filter(({ alternatives }) => alternatives.length > 0),
  );
};
