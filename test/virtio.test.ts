/** Images of the virtio target in QEMU's microvm, emulated and on KVM: what applications see of the machine. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { compile } from '@diatom/seal';
import { assemble } from '@diatom/seal/testing/assemble.ts';
import { stackStart } from '@diatom/seal/virtio/layout.ts';
import { runVirtio, TenderError } from '@diatom/tender';
import { arpRequest, checksum, echoRequest, openEthernet } from './virtio/ethernet.ts';
import {
  accelerators,
  buildVirtio,
  changedQemu,
  mebibyte,
  type RunOptions,
  runMachine,
  skipReasons,
  temporaryDirectory,
  type VirtioImage,
} from './virtio/machines.ts';

const apps = join(import.meta.dirname, '../libos/guest/test-apps');
const noQemu = skipReasons.tcg;

let directory = '';
let machine: VirtioImage;
let disk: VirtioImage;
let frames: VirtioImage;
let farewell: VirtioImage;
before(async () => {
  if (noQemu !== false) return;
  directory = await mkdtemp(join(tmpdir(), 'diatom-virtio-apps-'));
  machine = await buildVirtio(join(apps, 'bare-machine.ts'), directory);
  farewell = await buildVirtio(join(apps, 'farewell.ts'), directory);
  disk = await buildVirtio(join(apps, 'disk.ts'), directory);
  frames = await buildVirtio(join(import.meta.dirname, '../examples/frames/frames.ts'), directory);
});
after(() => rm(directory, { recursive: true, force: true }));

const second = 1_000_000_000;

for (const accelerator of accelerators) {
  const skip = skipReasons[accelerator];
  const run = (environment: Readonly<Record<string, string>>, options: RunOptions = {}) =>
    runMachine(machine.path, accelerator, { symbolsPath: machine.symbolsPath, environment, ...options });

  test(`${accelerator}: an image boots, prints, reads its environment and ends`, { skip }, async () => {
    const value = 'ä b%41 "c" =,';
    const { exit, lines } = await run({ NAME: value, EMPTY: '' });
    assert.deepEqual(lines, [`hello ${value}`, `NAME=${value}`, 'EMPTY=']);
    assert.deepEqual([exit.code, exit.reason], [0, 'Completed']);
  });

  test(`${accelerator}: its exit status is the image's`, { skip }, async () => {
    for (const status of [0, 1, 3, 127, 128, 132, 255]) {
      const { exit } = await run({ DO: 'exit', STATUS: String(status) });
      assert.equal(exit.code, status);
      assert.notEqual(exit.reason, 'Trap');
    }
  });

  test(`${accelerator}: a trap names the functions it happened in`, { skip }, async () => {
    const { exit, lines } = await run({ DO: 'trap' });
    assert.match(lines.at(-1) ?? '', /^trap unreachable at 0x1[0-9a-f]+ address 0x0 0x1/);
    assert.deepEqual([exit.code, exit.signal, exit.reason], [132, 4, 'Trap']);
    assert.match(exit.message, /^unreachable code reached in .*(bare-machine|start)/);
  });

  test(`${accelerator}: memory grows, and is zero`, { skip }, async () => {
    const { exit, lines } = await run({ DO: 'grow' });
    assert.deepEqual(lines, [`sum ${(96 * 97) / 2}`], exit.message);
  });

  test(`${accelerator}: what wants more memory than it may have is told as out of memory`, { skip }, async () => {
    // First the limit of the image ends it, then the machine's RAM.
    for (const memoryBytes of [32 * mebibyte, 5 * mebibyte]) {
      const { exit } = await run({ DO: 'exhaust' }, { memoryBytes });
      assert.deepEqual([exit.code, exit.reason], [132, 'OutOfMemory'], exit.message);
    }
  });

  test(`${accelerator}: clocks go on, timers come in order and not early, the date is right`, { skip }, async () => {
    const from = Date.now();
    const { exit, lines } = await run({ DO: 'time' });
    const to = Date.now();
    assert.equal(exit.code, 0, exit.message);
    const [wall = '', early = '', late = ''] = lines;
    assert.match(early, /^early /);
    assert.match(late, /^late /);
    assert.ok(Number(early.slice(6)) >= 0.02 * second, early);
    assert.ok(Number(late.slice(5)) >= 0.06 * second, late);
    // The real-time clock knows seconds only.
    const wallMs = Number(BigInt(wall.slice(5)) / 1_000_000n);
    assert.ok(wallMs > from - 1_500 && wallMs < to + 1_500, `${wallMs} is not between ${from} and ${to}`);
  });

  test(`${accelerator}: an image in which nothing happens ends after its idle time, timers or not`, {
    skip,
  }, async () => {
    const { exit, lines } = await run({ DO: 'idle' }, { idleTimeoutMs: 50 });
    assert.deepEqual([exit.code, lines], [0, ['waiting']]);
  });

  test(`${accelerator}: random bytes differ, from call to call and from boot to boot`, { skip }, async () => {
    const runs = [await run({ DO: 'random' }), await run({ DO: 'random' })];
    const lines = runs.flatMap((each) => each.lines);
    assert.equal(lines.length, 6);
    assert.ok(lines.every((line) => line.length === 1200));
    assert.equal(new Set(lines).size, 6);
    // Not even pieces come again.
    assert.equal(new Set(lines.flatMap((line) => line.match(/.{16}/g) ?? [])).size, (6 * 1200) / 16);
  });

  test(`${accelerator}: a disk is read and written, within its bounds`, { skip }, async () => {
    await using files = await temporaryDirectory();
    const path = join(files.path, 'disk');
    const content = Buffer.alloc(mebibyte, 'sealed');
    await writeFile(path, content);
    const start = (environment: Readonly<Record<string, string>>, isReadOnly: boolean) =>
      runMachine(disk.path, accelerator, { environment, block: { path, isReadOnly }, symbolsPath: disk.symbolsPath });

    const written = await start({ WRITE: 'yes' }, false);
    assert.deepEqual(written.lines, ['2048 sectors of 512', 'first sealed', 'differences 0'], written.exit.message);
    const pattern = Buffer.from(Array.from({ length: 512 * 300 }, (_, index) => (index * 7 + (index >> 9)) & 255));
    pattern.copy(content, 5 * 512);
    assert.ok(content.equals(await readFile(path)), 'the file is what was written, and nothing else of it changed');

    const beyond = await start({ BEYOND: 'yes' }, false);
    assert.match(beyond.console, /cannot read sector 2047: invalid/);
    const readOnly = await start({ WRITE: 'yes' }, true);
    assert.match(readOnly.console, /^2048 sectors of 512, read-only\nfirst sealed\n.*cannot write sector 5: denied/);
    assert.ok(content.equals(await readFile(path)), 'a read-only disk stays as it is');
    const none = await runMachine(disk.path, accelerator, { symbolsPath: disk.symbolsPath });
    assert.match(none.console, /this machine has no block device/);
  });

  test(`${accelerator}: frames sent right before the end still leave the machine`, { skip }, async () => {
    await using wire = await openEthernet();
    const { exit } = await runMachine(farewell.path, accelerator, {
      network: { backend: wire.backend },
      // QEMU may have booted the machine before its end of the wire is connected, and drops frames until then.
      onConsole: () => wire.send(Buffer.alloc(60, 0xff)),
    });
    assert.equal(exit.code, 9, exit.message);
    for (let number = 0; number < 200; number += 1) assert.equal((await wire.receive())[14], number);
  });

  test(`${accelerator}: a processor without RDRAND has random bytes from the device`, { skip }, async () => {
    await using files = await temporaryDirectory();
    const program = await changedQemu(files.path, 'max', 'max,-rdrand');
    const { exit, lines } = await run({ DO: 'random' }, { program });
    assert.equal(exit.code, 0, exit.message);
    assert.equal(new Set(lines).size, 3);
  });

  test(`${accelerator}: without kvm-clock or a told rate the counter is measured against the interval timer`, {
    skip,
  }, async () => {
    await using files = await temporaryDirectory();
    const program = await changedQemu(files.path, 'pit=off', 'pit=on', 'max', 'max,-hypervisor,kvm=off');
    const from = process.hrtime.bigint();
    const { exit, lines } = await run({ DO: 'time' }, { program });
    const tookNs = Number(process.hrtime.bigint() - from);
    assert.equal(exit.code, 0, exit.message);
    const late = Number(lines.at(-1)?.slice('late '.length));
    assert.ok(late >= 0.06 * second && late < tookNs, lines.join());
  });

  test(`${accelerator}: memory grown after a reset of the machine is zero again`, { skip }, async () => {
    await using files = await temporaryDirectory();
    const path = join(files.path, 'image');
    await writeFile(path, compile(assemble(resetting), { flavour: 'virtio' }).elf);
    // Nobody listens where the image ends, and QEMU starts the machine that has reset itself once more.
    const changes = ['-no-reboot', '-no-user-config', 'isa-debug-exit,iobase=1281', 'isa-debug-exit,iobase=1536'];
    const program = await changedQemu(files.path, ...changes);
    const stop = new AbortController();
    let said = '';
    await runMachine(path, accelerator, {
      ...{ program, signal: stop.signal },
      onConsole: (chunk) => {
        said += Buffer.from(chunk).toString('latin1');
        if (said.length >= 2) stop.abort();
      },
    });
    // It may have started again before QEMU was ended.
    assert.match(said, /^1Z+$/);
  });

  for (const generation of ['modern', 'legacy'] as const) {
    test(`${accelerator}: frames come and go over a ${generation} network device`, { skip }, async () => {
      await using files = await temporaryDirectory();
      await using wire = await openEthernet();
      const stop = new AbortController();
      const ours = { address: Buffer.from('020000000001', 'hex'), ip: Buffer.from([10, 1, 2, 1]) };
      const theirs = { address: Buffer.from('020000000042', 'hex'), ip: Buffer.from([10, 1, 2, 3]) };
      const running = runMachine(frames.path, accelerator, {
        environment: { ADDRESS: '10.1.2.3' },
        network: { backend: wire.backend, mac: '02:00:00:00:00:42' },
        signal: stop.signal,
        // What QEMU's devices speak when nobody tells them otherwise.
        ...(generation === 'legacy' ? { program: await changedQemu(files.path, 'legacy=false', 'legacy=true') } : {}),
        onConsole: (chunk) => {
          if (!chunk.includes(10)) return;
          // Its line is out: it listens now. The first question is not for it, the second is too short to be one.
          wire.send(arpRequest(ours.address, ours.ip, Buffer.from([10, 1, 2, 4])));
          wire.send(Buffer.alloc(20));
          wire.send(arpRequest(ours.address, ours.ip, theirs.ip));
        },
      });
      const answer = await Promise.race([wire.receive(), running.then(({ exit }) => exit.message)]);
      assert.ok(Buffer.isBuffer(answer), String(answer));
      const expected = arpRequest(theirs.address, theirs.ip, ours.ip);
      ours.address.copy(expected, 0);
      ours.address.copy(expected, 32);
      expected[21] = 2;
      assert.equal(answer.subarray(0, expected.length).toString('hex'), expected.toString('hex'));
      // More than a queue holds, of every size up to the largest frame, one after the other.
      for (let round = 0; round < 150; round += 1) {
        const payload = Buffer.alloc(Math.min(1 + round * 10, 1472), round);
        wire.send(echoRequest(ours, theirs, payload));
        const reply = await wire.receive();
        const icmp = reply.subarray(34, 42 + payload.length);
        assert.deepEqual([icmp[0], checksum(icmp)], [0, 0]);
        assert.ok(icmp.subarray(8).equals(payload), `echo of ${payload.length} bytes`);
      }
      stop.abort();
      assert.equal((await running).exit.reason, 'Killed');
    });
  }
}

test('what cannot be run is refused with what to do', { skip: noQemu }, async () => {
  const options = {
    ...{ imageName: 'test', imagePath: machine.path, memoryBytes: 32 * mebibyte, accelerator: 'tcg' as const },
    ...{ environment: {}, idleTimeoutMs: 0, timeLimitMs: 10_000, onConsole: () => {} },
  };
  const refusal = (change: RunOptions) =>
    runVirtio({ ...options, ...change }).then(
      () => assert.fail('it ran'),
      (error: unknown) => (error instanceof TenderError ? `${error.code}: ${error.message}` : String(error)),
    );
  assert.match(await refusal({ program: '/nowhere/qemu' }), /^QemuMissing: .*apt install qemu-system-x86/);
  assert.match(await refusal({ imagePath: '/nowhere/image' }), /^image: cannot read the image/);
  assert.match(await refusal({ imagePath: import.meta.filename }), /^image: .*build the image with target virtio/);
  assert.match(await refusal({ imagePath: process.execPath, memoryBytes: 512 }), /^memory: /);
  assert.match(await refusal({ environment: { 'A B': '' } }), /^InvalidSpec: "A B" is no name/);
  assert.match(
    await refusal({ environment: { LONG: 'x'.repeat(4000) } }),
    /^InvalidSpec: the environment takes 4009 bytes/,
  );
  assert.match(await refusal({ network: { backend: 'nonsense' } }), /^QemuFailed: .*nonsense/);
});

test('a machine that somebody else ends is told as killed', { skip: noQemu }, async () => {
  let pid = 0;
  const { exit } = await runMachine(machine.path, 'tcg', {
    environment: { DO: 'idle' },
    onStarted: (started) => {
      pid = started;
    },
    onConsole: () => process.kill(pid, 'SIGTERM'),
  });
  assert.deepEqual([exit.code, exit.reason], [137, 'Killed'], exit.message);
});

/** Grows a memory. The first time it soils it, marks the stack's lowest word, which nobody clears, and ends; then it looks. */
const resetting = `(module
  (import "linux" "out8" (func $out8 (param i32 i32)))
  (import "linux" "peek64" (func $peek (param i64) (result i64)))
  (import "linux" "poke64" (func $poke (param i64 i64)))
  (memory 1 3)
  (func (export "_start") (local $at i32)
    (drop (memory.grow (i32.const 2)))
    (if (i64.ne (call $peek (i64.const ${stackStart})) (i64.const 77)) (then
      (call $poke (i64.const ${stackStart}) (i64.const 77))
      (memory.fill (i32.const 65536) (i32.const 255) (i32.const 131072))
      (call $out8 (i32.const 0x3f8) (i32.const 49))
      (return)))
    (local.set $at (i32.const 65536))
    (loop $next
      (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then (call $out8 (i32.const 0x3f8) (i32.const 68)) (return)))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 196608))))
    (call $out8 (i32.const 0x3f8) (i32.const 90))))`;

test('a machine does not outlive whoever started it', { skip: noQemu }, async () => {
  const starter = spawn(process.execPath, ['--input-type=module', '--eval', waitingMachine], {
    cwd: import.meta.dirname,
    env: { ...process.env, IMAGE: machine.path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(starter.stdout, 'data')) as [Buffer];
  const pid = Number.parseInt(said.toString(), 10);
  assert.ok(pid > 0, said.toString());
  starter.kill('SIGKILL');
  for (;;) {
    // Gone, or still being collected.
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone');
    if (state === 'gone' || /\) [ZX] /.test(state)) break;
    await setImmediate();
  }
});

/** Starts a machine in which nothing ends, says its process, and stays. */
const waitingMachine = `
import { runVirtio } from '@diatom/tender';
await runVirtio({
  imageName: 'test', imagePath: process.env.IMAGE, memoryBytes: 33554432, accelerator: 'tcg', environment: { DO: 'idle' },
  idleTimeoutMs: 0, timeLimitMs: 60000, onConsole: () => console.log(pid), onStarted: (started) => { pid = started; },
});
var pid;
`;
