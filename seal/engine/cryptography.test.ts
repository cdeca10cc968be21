/** The linked module of cryptography in V8, with a small engine around it that watches what is written where. */
import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, pbkdf2Sync, randomBytes } from 'node:crypto';
import { before, test } from 'node:test';
import { createCompute } from '@diatom/libos/compute-in-v8';
import { cryptographyFamilies, operationsOf } from '@diatom/libos/js/crypto/native/families.ts';
import type { Compute } from '@diatom/libos/js/host.ts';
import { type Cryptography, linkCryptography } from './cryptography.ts';

const dataAt = 1024;
const heapAt = 256 * 1024;
const guardBytes = 1024;
const guard = 0xa5;
const intact = Buffer.alloc(guardBytes, guard);
const computeId = 200;
const objectTag = -1;

type Operand = ArrayBuffer | number;
type CallFunction = (context: number, self: number, count: number, values: number, id: number) => number;

/** Blocks stand between guards, and each is checked when it is freed. */
class SmallEngine {
  readonly memory = new WebAssembly.Memory({ initial: 256 });
  readonly #sizes = new Map<number, number>();
  readonly #objects: ArrayBuffer[] = [];
  #top = heapAt;
  readonly #call: CallFunction;
  /** While true there is no memory. */
  isFull = false;

  constructor(module: Uint8Array) {
    const quickjs: Record<string, (...values: number[]) => number | undefined> = {
      malloc: (size = 0) => this.#allocate(size),
      free: (block = 0) => this.#free(block),
      QTS_GetArrayBufferLength: (_context, value = 0) => this.#bytes(value)?.byteLength ?? 0,
      QTS_GetArrayBuffer: (_context, value = 0) => {
        const bytes = this.#bytes(value);
        return bytes === undefined ? 0 : this.#place(new Uint8Array(bytes));
      },
      QTS_NewArrayBuffer: (_context, block = 0, size = 0) => {
        const bytes = this.memory.buffer.slice(block, block + size);
        this.#free(block);
        const value = this.#allocate(8);
        new DataView(this.memory.buffer).setInt32(value, this.#objects.push(bytes) - 1, true);
        new DataView(this.memory.buffer).setInt32(value + 4, objectTag, true);
        return value;
      },
      QTS_GetFloat64: () => Number.NaN,
    };
    const needed = WebAssembly.Module.imports(new WebAssembly.Module(module as Uint8Array<ArrayBuffer>));
    const functions = Object.fromEntries(
      needed.filter((one) => one.module === 'quickjs').map(({ name }) => [name, quickjs[name] ?? (() => 0)]),
    );
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module as Uint8Array<ArrayBuffer>), {
      quickjs: functions,
      'diatom:application': { application_memory: this.memory, call_function: () => 0 },
    });
    this.#call = exports.call_function as CallFunction;
  }

  compute: Compute = (operation, ...operands) => {
    const view = new DataView(this.memory.buffer);
    const before = this.#top;
    const values = this.#allocateAlways(8 * 8);
    [operation, ...operands, ...Array(7).fill(undefined)].slice(0, 8).forEach((operand: Operand | undefined, at) => {
      const isNumber = typeof operand === 'number';
      const payload = isNumber ? operand : operand === undefined ? 0 : this.#objects.push(operand) - 1;
      view.setInt32(values + 8 * at, payload, true);
      view.setInt32(values + 8 * at + 4, isNumber ? 0 : operand === undefined ? 3 : objectTag, true);
    });
    const result = this.#call(1, 0, 5, values, computeId);
    const tag = result === 0 ? 3 : view.getInt32(result + 4, true);
    const payload = result === 0 ? 0 : view.getInt32(result, true);
    const outcome = tag === 3 ? undefined : tag === 1 ? payload === 1 : this.#objects[payload];
    this.#free(result);
    this.#free(values);
    assert.deepEqual([...this.#sizes.keys()], [], 'every block is freed');
    this.#top = before;
    assert.equal(view.getUint32(0, true), 0, 'the stack is taken away');
    return outcome;
  };

  #bytes(value: number): ArrayBuffer | undefined {
    const view = new DataView(this.memory.buffer);
    return view.getInt32(value + 4, true) === objectTag ? this.#objects[view.getInt32(value, true)] : undefined;
  }

  #place(bytes: Uint8Array): number {
    const block = this.#allocate(bytes.length);
    if (block !== 0) new Uint8Array(this.memory.buffer).set(bytes, block);
    return block;
  }

  #allocate(size: number): number {
    return this.isFull ? 0 : this.#allocateAlways(size);
  }

  #allocateAlways(size: number): number {
    const block = this.#top + guardBytes;
    this.#top = Math.ceil((block + size + guardBytes) / 16) * 16;
    const bytes = new Uint8Array(this.memory.buffer);
    bytes.fill(guard, block - guardBytes, this.#top);
    this.#sizes.set(block, size);
    return block;
  }

  #free(block: number): undefined {
    if (block === 0) return;
    const size = this.#sizes.get(block);
    assert.ok(size !== undefined, `block ${block} is freed twice`);
    const bytes = new Uint8Array(this.memory.buffer);
    const around = [bytes.subarray(block - guardBytes, block), bytes.subarray(block + size, block + size + guardBytes)];
    for (const side of around) assert.ok(intact.equals(side), `something was written beside a block of ${size} bytes`);
    this.#sizes.delete(block);
  }
}

let linked: Cryptography;
let engine: SmallEngine;
const inV8 = createCompute();
before(async () => {
  linked = await linkCryptography(cryptographyFamilies, {
    dataAt,
    memory: ['diatom:application', 'application_memory'],
  });
  engine = new SmallEngine(linked.wasm);
});

const buffer = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;
const hex = (outcome: ReturnType<Compute>): string =>
  outcome instanceof ArrayBuffer ? Buffer.from(outcome).toString('hex') : String(outcome);

/** The same in the linked module and in HACL*'s own modules. */
function compute(operation: number, ...operands: readonly (Uint8Array | number)[]): ReturnType<Compute> {
  const given = operands.map((operand) => (typeof operand === 'number' ? operand : buffer(operand)));
  const outcome = engine.compute(operation, ...given);
  assert.equal(hex(outcome), hex(inV8(operation, ...given)), `operation ${operation}`);
  return outcome;
}

const bytesOf = (outcome: ReturnType<Compute>): Buffer => {
  assert.ok(outcome instanceof ArrayBuffer, String(outcome));
  return Buffer.from(outcome);
};

const hashNames = ['sha1', 'sha256', 'sha384', 'sha512'] as const;
const sizes = [0, 1, 55, 56, 63, 64, 65, 111, 112, 127, 128, 129, 1000, 100_000];

test('hashes and HMAC of every length around a block are those of OpenSSL, and stay in their bounds', () => {
  for (const [at, name] of hashNames.entries()) {
    for (const size of sizes) {
      const data = randomBytes(size);
      assert.equal(hex(compute(at, data)), createHash(name).update(data).digest('hex'), `${name} of ${size}`);
      const key = randomBytes(size % 300);
      const expected = createHmac(name, key).update(data).digest('hex');
      assert.equal(hex(compute(4 + at, key, data)), expected, `HMAC ${name}, key of ${key.length}, data of ${size}`);
    }
  }
});

test('rounds of PBKDF2 go on where they stopped', () => {
  for (const [at, name] of hashNames.entries()) {
    const [password, salt] = [randomBytes(9), randomBytes(8)];
    const first = createHmac(name, password)
      .update(Buffer.concat([salt, Buffer.from([0, 0, 0, 1])]))
      .digest();
    let state: Uint8Array = Buffer.concat([first, first]);
    for (const count of [3, 6]) state = bytesOf(compute(8 + at, password, state, count));
    assert.equal(
      Buffer.from(state.subarray(first.length)).toString('hex'),
      pbkdf2Sync(password, salt, 10, first.length, name).toString('hex'),
    );
  }
});

test('the curves stay in their bounds and agree with each other', () => {
  const p256 = operationsOf('p256');
  const [one, two] = [randomBytes(32), randomBytes(32)].map((secret) => ({
    secret,
    point: bytesOf(compute(p256, secret)),
  }));
  assert.ok(one !== undefined && two !== undefined);
  const shared = hex(compute(p256 + 3, one.secret, two.point));
  assert.equal(shared, hex(compute(p256 + 3, two.secret, one.point)));
  const digest = randomBytes(32);
  const signature = bytesOf(compute(p256 + 1, one.secret, randomBytes(32), digest));
  assert.equal(compute(p256 + 2, one.point, digest, signature), true);
  assert.equal(compute(p256 + 2, two.point, digest, signature), false);
  assert.equal(compute(p256 + 4, one.point), true);
  assert.equal(compute(p256 + 4, randomBytes(64)), false);
  const compressed = Buffer.concat([Buffer.from([2 + ((one.point[63] ?? 0) & 1)]), one.point.subarray(0, 32)]);
  assert.equal(hex(compute(p256 + 6, compressed)), one.point.toString('hex'));

  const ed25519 = operationsOf('ed25519');
  const point = bytesOf(compute(ed25519, one.secret));
  for (const size of [0, 1, 64, 5000]) {
    const message = randomBytes(size);
    const signed = bytesOf(compute(ed25519 + 1, one.secret, message));
    assert.equal(compute(ed25519 + 2, point, message, signed), true);
    assert.equal(compute(ed25519 + 2, point, Buffer.concat([message, Buffer.from([0])]), signed), false);
  }

  const x25519 = operationsOf('x25519');
  const [left, right] = [one.secret, two.secret].map((secret) => bytesOf(compute(x25519, secret)));
  assert.ok(left !== undefined && right !== undefined);
  assert.equal(hex(compute(x25519 + 1, one.secret, right)), hex(compute(x25519 + 1, two.secret, left)));
  assert.equal(compute(x25519 + 1, one.secret, Buffer.alloc(32)), false);
});

const words = (text: string | undefined, sizeBytes: number): Buffer => {
  const little = Buffer.from(text ?? '', 'base64url').reverse();
  return Buffer.concat([little, Buffer.alloc(sizeBytes - little.length)]);
};

for (const bits of [1024, 2048, 4096]) {
  test(`powers modulo ${bits} bits: a signature comes back as what was signed`, () => {
    const sizeBytes = bits / 8;
    const powers = operationsOf('powers');
    const jwk = generateKeyPairSync('rsa', { modulusLength: bits }).privateKey.export({ format: 'jwk' });
    const { n, e, d } = jwk;
    const modulus = words(n, sizeBytes);
    const message = Buffer.concat([randomBytes(sizeBytes - 1), Buffer.alloc(1)]);
    const signature = bytesOf(compute(powers + 1, modulus, message, words(d, sizeBytes), bits));
    assert.equal(hex(compute(powers, modulus, signature, words(e, 4), 17)), message.toString('hex'));
    const halves = [jwk.p, jwk.q, jwk.dp, jwk.dq, jwk.qi].map((number) => words(number, sizeBytes / 2));
    assert.equal(hex(compute(powers + 2, message, ...halves)), signature.toString('hex'));
    const swapped = [jwk.q, jwk.p, jwk.dq, jwk.dp, jwk.qi].map((number) => words(number, sizeBytes / 2));
    assert.notEqual(hex(compute(powers + 2, message, ...swapped)), signature.toString('hex'));
    const tooLarge = Buffer.alloc(sizeBytes, 255);
    assert.equal(compute(powers, modulus, tooLarge, words(e, 4), 17), false);
  });
}

test('operands of the wrong size are refused, whatever the operation', () => {
  for (const family of cryptographyFamilies.slice(1)) {
    for (let operation = operationsOf(family); operation < operationsOf(family) + 7; operation++) {
      assert.equal(engine.compute(operation, ...[1, 2, 3].map((size) => new ArrayBuffer(size))), false, `${operation}`);
      assert.equal(engine.compute(operation), false, `${operation} without any`);
    }
  }
  const tooLong = new ArrayBuffer(516);
  assert.equal(engine.compute(operationsOf('powers'), tooLong, tooLong, tooLong, 17), false);
});

test('without memory there is no result, and nothing else happens', () => {
  engine.isFull = true;
  for (const operation of [1, 5, operationsOf('p256'), operationsOf('ed25519'), operationsOf('x25519')]) {
    assert.equal(engine.compute(operation, new ArrayBuffer(32), new ArrayBuffer(32)), undefined, `${operation}`);
  }
  engine.isFull = false;
});

test('static data ends where the link says', () => {
  assert.ok(linked.dataEnd > dataAt && linked.dataEnd < dataAt + 40_000, `${linked.dataEnd}`);
});
