/**
 * Cryptography where V8 runs the program instead of the engine (`diatom dev`, tests): the same modules of HACL*, as their npm
 * package has them, in a memory of their own. What the glue does in an image (libos/guest/cryptography), this file does here.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type CryptographyFamily, operationsOf } from './js/crypto/native/families.ts';
import type { Compute } from './js/host.ts';

type Exports = Readonly<Record<string, (...values: readonly number[]) => number>>;

const memoryPages = 64;
const pageBytes = 65_536;
/** Word 0 holds the top of the stack; static data lies behind the first bytes. */
const dataAt = 64;
const stackAt = 65_536;
const operandsAt = 4 * pageBytes;

class Hacl {
  readonly #memory = new WebAssembly.Memory({ initial: memoryPages });
  readonly #folder = dirname(createRequire(import.meta.url).resolve('hacl-wasm/package.json'));
  readonly #instances = new Map<string, Exports>();
  #dataEnd = dataAt;
  #top = operandsAt;

  /** The functions of a module, with those of the modules it imports behind it. */
  load(name: string): Exports {
    const known = this.#instances.get(name);
    if (known !== undefined) return known;
    const module = new WebAssembly.Module(readFileSync(join(this.#folder, `${name}.wasm`)));
    const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
    const needed = new Set(WebAssembly.Module.imports(module).map((one) => one.module));
    for (const other of needed) if (other !== 'Karamel' && other !== name) imports[other] = { ...this.load(other) };
    const refuse = (): never => {
      throw new Error('a HACL* function asked for what no function here needs');
    };
    imports.WasmSupport = { ...imports.WasmSupport, WasmSupport_malloc: refuse, WasmSupport_trap: refuse };
    imports.Karamel = {
      mem: this.#memory,
      data_start: new WebAssembly.Global({ value: 'i32', mutable: false }, this.#dataEnd),
    };
    const exports = new WebAssembly.Instance(module, imports).exports;
    const size = exports.data_size;
    if (size instanceof WebAssembly.Global) this.#dataEnd = Math.ceil((this.#dataEnd + Number(size.value)) / 16) * 16;
    this.#instances.set(name, exports as unknown as Exports);
    return exports as unknown as Exports;
  }

  /** Room for so many bytes until the next `clear`. */
  room(sizeBytes: number): number {
    const at = this.#top;
    this.#top += Math.ceil((sizeBytes + 1) / 16) * 16;
    const missing = this.#top - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / pageBytes));
    return at;
  }

  put(bytes: ArrayBuffer): number {
    const at = this.room(bytes.byteLength);
    new Uint8Array(this.#memory.buffer).set(new Uint8Array(bytes), at);
    return at;
  }

  get(at: number, sizeBytes: number): ArrayBuffer {
    return this.#memory.buffer.slice(at, at + sizeBytes);
  }

  /** Before and after each operation; nothing of it stays. */
  clear(): void {
    new Uint8Array(this.#memory.buffer, stackAt, this.#top - stackAt).fill(0);
    this.#top = operandsAt;
    new Uint32Array(this.#memory.buffer)[0] = stackAt;
  }
}

type Operand = ArrayBuffer | number;

const sizeOf = (operand: Operand | undefined): number => (typeof operand === 'object' ? operand.byteLength : 0);

/** What a call comes to: bytes always, bytes unless the function refuses, or its verdict. */
type Outcome = 'bytes' | 'bytes or refusal' | 'verdict';

interface Operation {
  readonly module: string;
  readonly name: string;
  readonly outcome: Outcome;
  /** Of the result; the modulus says it for powers. */
  readonly sizeBytes?: number;
  /** What the operands must measure; undefined: anything. HACL* reads so many bytes whatever it is given. */
  readonly operandBytes?: readonly (number | undefined)[];
  /** Arguments in order: `to`, the number of an operand with something added, `#` its size, `=` a constant. */
  readonly call: string;
}

const sha = (module: string, name: string, sizeBytes: number): Operation => ({
  module,
  name,
  outcome: 'bytes',
  sizeBytes,
  call: '0 #0 to',
});

const mac = (name: string, sizeBytes: number): Operation => ({
  module: 'Hacl_HMAC',
  name: `Hacl_HMAC_${name}`,
  outcome: 'bytes',
  sizeBytes,
  call: 'to 0 #0 1 #1',
});

const p256 = (name: string, outcome: Outcome, operandBytes: readonly number[], call: string): Operation => ({
  module: 'Hacl_P256',
  name: `Hacl_P256_${name}`,
  outcome,
  sizeBytes: 64,
  operandBytes,
  call,
});

const ed25519 = (
  name: string,
  outcome: Outcome,
  sizeBytes: number,
  operandBytes: readonly (number | undefined)[],
  call: string,
): Operation => ({ module: 'Hacl_Ed25519', name: `Hacl_Ed25519_${name}`, outcome, sizeBytes, operandBytes, call });

const x25519 = (name: string, outcome: Outcome, operandBytes: readonly number[], call: string): Operation => ({
  module: 'Hacl_Curve25519_51',
  name: `Hacl_Curve25519_51_${name}`,
  outcome,
  sizeBytes: 32,
  operandBytes,
  call,
});

const power = (name: string): Operation => ({
  module: 'Hacl_Bignum32',
  name: `Hacl_Bignum32_${name}`,
  outcome: 'bytes or refusal',
  call: '/0 0 1 3 2 to',
});

const operations: Readonly<Record<CryptographyFamily, readonly Operation[]>> = {
  hashes: [
    sha('Hacl_Hash_SHA1', 'Hacl_Streaming_SHA1_legacy_hash', 20),
    sha('Hacl_Hash_SHA2', 'Hacl_Streaming_SHA2_hash_256', 32),
    sha('Hacl_Hash_SHA2', 'Hacl_Streaming_SHA2_hash_384', 48),
    sha('Hacl_Hash_SHA2', 'Hacl_Streaming_SHA2_hash_512', 64),
    mac('legacy_compute_sha1', 20),
    mac('compute_sha2_256', 32),
    mac('compute_sha2_384', 48),
    mac('compute_sha2_512', 64),
  ],
  p256: [
    p256('dh_initiator', 'bytes or refusal', [32], 'to 0'),
    p256('ecdsa_sign_p256_without_hash', 'bytes or refusal', [32, 32, 32], 'to =32 2 0 1'),
    p256('ecdsa_verif_without_hash', 'verdict', [64, 32, 64], '=32 1 0 2 2+32'),
    p256('dh_responder', 'bytes or refusal', [32, 64], 'to 1 0'),
    p256('validate_public_key', 'verdict', [64], '0'),
    p256('validate_private_key', 'verdict', [32], '0'),
    p256('compressed_to_raw', 'bytes or refusal', [33], '0 to'),
  ],
  ed25519: [
    ed25519('secret_to_public', 'bytes', 32, [32], 'to 0'),
    ed25519('sign', 'bytes', 64, [32, undefined], 'to 0 #1 1'),
    ed25519('verify', 'verdict', 0, [32, undefined, 64], '0 #1 1 2'),
  ],
  x25519: [x25519('secret_to_public', 'bytes', [32], 'to 0'), x25519('ecdh', 'bytes or refusal', [32, 32], 'to 0 1')],
  powers: [power('mod_exp_vartime'), power('mod_exp_consttime')],
};

/** The value of one word of `call`. */
function argumentOf(word: string, to: number, at: readonly number[], operands: readonly Operand[]): number {
  const [, sign = '', digits = '0', added = '0'] = /^([#=/]?)(\d*)(?:\+(\d+))?$/.exec(word) ?? [];
  const index = Number(digits);
  if (word === 'to') return to;
  if (sign === '=') return index;
  if (sign === '#') return sizeOf(operands[index]);
  if (sign === '/') return sizeOf(operands[index]) / 4;
  const operand = operands[index];
  return typeof operand === 'number' ? operand : (at[index] ?? 0) + Number(added);
}

function perform(hacl: Hacl, operation: Operation, operands: readonly Operand[]): ArrayBuffer | boolean {
  const isWellFormed = (operation.operandBytes ?? []).every(
    (sizeBytes, index) => sizeBytes === undefined || sizeOf(operands[index]) === sizeBytes,
  );
  if (!isWellFormed) return false;
  const run = hacl.load(operation.module)[operation.name];
  if (run === undefined) throw new Error(`HACL* has no ${operation.name}`);
  hacl.clear();
  const at = operands.map((operand) => (typeof operand === 'number' ? 0 : hacl.put(operand)));
  const sizeBytes = operation.sizeBytes ?? sizeOf(operands[0]);
  const to = hacl.room(sizeBytes);
  const isDone = run(...operation.call.split(' ').map((word) => argumentOf(word, to, at, operands))) !== 0;
  const outcome =
    operation.outcome === 'verdict'
      ? isDone
      : operation.outcome === 'bytes' || isDone
        ? hacl.get(to, sizeBytes)
        : false;
  hacl.clear();
  return outcome;
}

const firstRounds = operationsOf('hashes') + 8;
const byPrimes = operationsOf('powers') + 2;

const littleEndian = (operand: Operand | undefined): bigint =>
  typeof operand === 'object' ? BigInt(`0x0${Buffer.from(new Uint8Array(operand)).reverse().toString('hex')}`) : 0n;

/** RFC 8017 §5.1.2 step 2b; between the powers, which are HACL*'s, with numbers of the language. */
function powerByPrimes(hacl: Hacl, [base, p, q, dp, dq, qi]: readonly Operand[]): ArrayBuffer | boolean {
  const [, secretPower] = operations.powers;
  const sizeBytes = sizeOf(base);
  const halfBytes = sizeOf(p);
  if (secretPower === undefined || sizeBytes !== 2 * halfBytes) return false;
  const bytesOf = (value: bigint, size: number): ArrayBuffer =>
    new Uint8Array(Buffer.from(value.toString(16).padStart(2 * size, '0'), 'hex')).reverse().buffer;
  const powers = [[p, dp] as const, [q, dq] as const].map(([prime = 0, exponent = 0]) => {
    const modulus = littleEndian(prime);
    if (modulus === 0n) return false;
    const reduced = bytesOf(littleEndian(base) % modulus, halfBytes);
    return perform(hacl, secretPower, [prime, reduced, exponent, halfBytes * 8]);
  });
  const [ofP, ofQ] = powers;
  if (typeof ofP !== 'object' || typeof ofQ !== 'object') return false;
  const modulus = littleEndian(p);
  const difference = (((littleEndian(ofP) - littleEndian(ofQ)) % modulus) + modulus) % modulus;
  const step = (difference * littleEndian(qi)) % modulus;
  return bytesOf(step * littleEndian(q) + littleEndian(ofQ), sizeBytes);
}

/** Rounds of PBKDF2 (RFC 8018 §5.2): the last of the chain, and the sum of all. */
function rounds(hacl: Hacl, hash: number, [password = 0, state = 0, count = 0]: readonly Operand[]): ArrayBuffer {
  const once = operations.hashes[4 + hash];
  if (once === undefined || typeof state === 'number') throw new TypeError('no rounds without a state');
  const both = new Uint8Array(state.slice(0));
  const [last, sum] = [both.subarray(0, both.length / 2), both.subarray(both.length / 2)];
  for (let round = 0; round < Number(count); round++) {
    last.set(new Uint8Array(perform(hacl, once, [password, last.slice().buffer]) as ArrayBuffer));
    for (const [at, byte] of last.entries()) sum[at] = (sum[at] ?? 0) ^ byte;
  }
  return both.buffer;
}

/** Loads a family of operations when its first one is asked for. */
export function createCompute(): Compute {
  const hacl = new Hacl();
  const byNumber = new Map(
    Object.entries(operations).flatMap(([family, list]) =>
      list.map((operation, index) => [operationsOf(family as CryptographyFamily) + index, operation] as const),
    ),
  );
  return (number, ...operands) => {
    const operation = byNumber.get(number);
    if (operation !== undefined) return perform(hacl, operation, operands);
    if (number === byPrimes) return powerByPrimes(hacl, operands);
    if (number >= firstRounds && number < firstRounds + 4) return rounds(hacl, number - firstRounds, operands);
    throw new RangeError(`there is no operation ${number}`);
  };
}
