/** Images that try to get out. Each is stopped, the tender lives, and the exit says why. */
import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { headerRoomBytes } from '@diatom/seal/codegen/context-layout.ts';
import type { Exit } from '@diatom/tender';
import { systemCalls } from '@diatom/tender/process/system-calls.ts';
import { buildImage, dataAddress, everySystemCall, textAddress } from './hostile/image.ts';
import {
  bytes,
  exit,
  forever,
  jumpTo,
  load,
  loadBootWord,
  loadFrom,
  program,
  spin,
  storeTo,
  survive,
  survivedStatus,
  systemCall,
} from './hostile/machine-code.ts';
import { startTestTender, type TestTender, tenderPid } from './hostile/native-tender.ts';
import { seededRandom, testSeed } from './hostile/random.ts';

let subject: TestTender;

before(async () => {
  subject = await startTestTender();
});

after(async () => {
  await subject[Symbol.asyncDispose]();
});

const readWriteExecute = 7;
const readWrite = 3;
const copyMemoryBaseToFirstArgument = program(loadBootWord(8), bytes(0x48, 0x89, 0xdf)); // mov rdi, rbx

interface Attack {
  readonly name: string;
  readonly text: Uint8Array;
  readonly reason: Exit['reason'];
  readonly message: RegExp;
}

const denied = (name: string, message: RegExp, text: Uint8Array): Attack => ({
  name,
  text: program(text, survive),
  reason: 'SystemCallDenied',
  message,
});

const trapped = (name: string, message: RegExp, text: Uint8Array): Attack => ({
  name,
  text: program(text, survive),
  reason: 'Trap',
  message,
});

const attacks: readonly Attack[] = [
  denied('opens a file', /open \(2\)/, systemCall(2, textAddress, 0, 0)),
  denied('opens a file by openat', /openat \(257\)/, systemCall(257, -100, textAddress, 0, 0)),
  denied('forks', /fork \(57\)/, systemCall(57)),
  denied('clones', /clone \(56\)/, systemCall(56, 0x11, 0, 0, 0, 0)),
  denied('executes a program', /execve \(59\)/, systemCall(59, textAddress, 0, 0)),
  denied('opens a socket', /socket \(41\)/, systemCall(41, 2, 1, 0)),
  denied('connects out', /connect \(42\)/, systemCall(42, 5, dataAddress, 16)),
  denied('maps executable memory', /mmap \(9\)/, systemCall(9, 0, 4096, readWriteExecute, 0x22, -1, 0)),
  denied('makes data executable', /mprotect \(10\)/, systemCall(10, dataAddress, 4096, readWriteExecute)),
  denied('makes text writable', /mprotect \(10\)/, systemCall(10, textAddress, 4096, readWrite)),
  denied(
    'makes its memory executable',
    /mprotect \(10\)/,
    program(copyMemoryBaseToFirstArgument, load('rsi', 4096), load('rdx', 5), load('rax', 10), bytes(0x0f, 0x05)),
  ),
  denied('writes to its epoll descriptor', /write \(1\)/, systemCall(1, 3, dataAddress, 8)),
  denied('writes to descriptor 0', /write \(1\)/, systemCall(1, 0, dataAddress, 8)),
  denied('writes to a descriptor with a high half', /write \(1\)/, systemCall(1, 0x1_0000_0001n, dataAddress, 8)),
  denied('closes its trap descriptor', /close \(3\)/, systemCall(3, 2)),
  denied('kills everybody', /kill \(62\)/, systemCall(62, -1, 9)),
  denied('traces its parent', /ptrace \(101\)/, systemCall(101, 16, 1, 0, 0)),
  denied('reads the memory of others', /process_vm_readv \(310\)/, systemCall(310, 1, 0, 0, 0, 0, 0)),
  denied('catches signals', /rt_sigaction \(13\)/, systemCall(13, 11, dataAddress, 0, 8)),
  denied('installs another filter', /seccomp \(317\)/, systemCall(317, 1, 0, dataAddress)),
  denied('asks for a ring', /io_uring_setup \(425\)/, systemCall(425, 8, dataAddress)),
  denied('calls through the x32 ABI', /which image/, systemCall(0x4000_0000 + 1, 1, dataAddress, 1)),
  denied('calls with a number out of range', /which image/, systemCall(0x7fff_ffff)),
  trapped('jumps into data', /execute memory that is not code/, jumpTo(dataAddress)),
  trapped(
    'jumps into its linear memory',
    /execute memory that is not code/,
    program(loadBootWord(8), bytes(0xff, 0xe3)),
  ),
  trapped('jumps onto its stack', /execute memory that is not code/, bytes(0xff, 0xe4)),
  trapped('writes to its text', /wrote to memory/, storeTo(textAddress)),
  trapped('writes to the boot block', /wrote to memory/, bytes(0xc6, 0x07, 0x00)),
  trapped('reads through a null pointer', /read memory/, loadFrom(0)),
  trapped('reads a kernel address', /general protection|read memory/, loadFrom(0xffff_8000_0000_0000n)),
  // mov al, [rbx + 0x10000]: one byte past a memory of 64 KiB
  trapped('reads past its linear memory', /out of bounds/, program(loadBootWord(8), bytes(0x8a, 0x83, 0, 0, 1, 0))),
  trapped('exhausts its stack', /stack exhausted/, forever(bytes(0x50))),
  trapped('halts the machine', /general protection/, bytes(0xf4)),
  trapped('takes its stack away and traps', /unreachable/, program(load('rsp', 0), bytes(0x0f, 0x0b, 1))),
  trapped('runs off the end of its text', /./, jumpTo(textAddress + 4095)),
];

for (const { name, text, reason, message } of attacks) {
  test(`an image that ${name} is stopped`, async () => {
    const exited = await subject.runToEnd(name.replaceAll(' ', '-'), buildImage({ text }));
    assert.notEqual(exited.code, survivedStatus, 'the attack succeeded');
    assert.equal(exited.reason, reason);
    assert.match(exited.message, message);
    assert.ok(exited.code > 128);
    assert.match(await subject.log(name.replaceAll(' ', '-')), /stderr F trap /);
  });
}

/** Where our compiler puts a host program (seal/codegen/context-layout.ts): the tender's own code and memory. */
const tenderText = 0x4000_1000;
const tenderContext = 0x4000_0000 + headerRoomBytes(1);
const tenderMemory = 0x1_0000_0000;

test('an image that runs the code the tender has left behind is stopped', async () => {
  for (const offset of [0, 0x200, 0x1000, 0x2345, 0x4000]) {
    const exited = await subject.runToEnd(`reuse-${offset}`, buildImage({ text: jumpTo(tenderText + offset) }));
    // 128: it met the end of the signal handler, which adds the signal.
    assert.ok(exited.code >= 128, `${offset}: ${exited.message}`);
  }
});

test('an image that overwrites what its signal handler reads only spoils its own last words', async () => {
  // mov rdi, handler's memory; mov rcx, 128 KiB; mov al, 0xff; rep stosb; then trap
  const text = program(
    load('rdi', tenderMemory),
    load('rcx', 0x2_0000),
    bytes(0xb0, 0xff, 0xf3, 0xaa, 0x0f, 0x0b, 1),
    survive,
  );
  const exited = await subject.runToEnd('spoils', buildImage({ text }));
  assert.ok(exited.code > 128, exited.message);
  assert.equal((await subject.runToEnd('after-spoils', buildImage({ text: exit(3) }))).code, 3);
});

test('a 32-bit system call is stopped, whether the kernel has them or not', async () => {
  const text = program(load('rax', 1), bytes(0xcd, 0x80), survive);
  const exited = await subject.runToEnd('int80', buildImage({ text }));
  assert.match(exited.message, /another architecture|general protection/);
});

/** The kernel takes uretprobe and uprobe past every filter (kernel/seccomp.c); in a process nobody probes they do nothing. */
const uprobeCalls: readonly number[] = [335, 336];

test('every system call outside the table ends the image that makes it', async () => {
  const known = new Set(systemCalls.map((call) => call.number));
  const lastSystemCall = 470;
  for (let number = 0; number <= lastSystemCall; number += 1) {
    if (known.has(number) || uprobeCalls.includes(number)) continue;
    const exited = await subject.runToEnd(`call-${number}`, buildImage({ text: program(systemCall(number), survive) }));
    assert.equal(exited.reason, 'SystemCallDenied', `system call ${number}: ${exited.message}`);
  }
});

test('a call of the table that the manifest does not name is denied', async () => {
  const elf = buildImage({ text: program(systemCall(318, dataAddress, 8, 0), survive) });
  const exited = await subject.runToEnd('undeclared', elf, { systemCalls: ['exit_group'] });
  assert.match(exited.message, /getrandom \(318\)/);
});

test('a manifest cannot ask for a call that no image may use', async () => {
  const elf = buildImage({ text: exit(0) });
  const spec = await subject.spec('asks', elf, { systemCalls: [...everySystemCall, 'openat'] });
  await assert.rejects(subject.tender.start(spec), { code: 'SystemCallNotAllowed', message: /openat/ });
});

test('memory cannot grow past the limit', async () => {
  // mprotect(memory 0, 1 GiB, READ|WRITE); test rax, rax; jz survive; exit(0)
  const end = exit(0);
  const text = program(
    copyMemoryBaseToFirstArgument,
    load('rsi', 1 << 30),
    load('rdx', readWrite),
    load('rax', 10),
    bytes(0x0f, 0x05, 0x48, 0x85, 0xc0, 0x74, end.length),
    end,
    survive,
  );
  const memories = [{ initialPages: 1, maximumPages: 65_536 }];
  const exited = await subject.runToEnd('grows', buildImage({ text, memories }));
  assert.equal(exited.reason, 'Completed');
});

test('the stack the kernel gave the tender does not grow into memory beside the limit', async () => {
  // The first stack grows by page faults and RLIMIT_DATA does not count it; the tender's context says where it is.
  const text = program(
    load('rax', tenderContext),
    bytes(0x48, 0x8b, 0x18), // mov rbx, [rax]
    load('rcx', 1024),
    // sub rbx, 4096; mov byte [rbx], 1; dec rcx; jnz back: 4 MiB downwards
    bytes(0x48, 0x81, 0xeb, 0, 0x10, 0, 0, 0xc6, 0x03, 1, 0x48, 0xff, 0xc9, 0x75, 0xf1),
    survive,
  );
  const exited = await subject.runToEnd('first-stack', buildImage({ text }));
  assert.match(exited.message, /wrote to memory that is not its own/);
});

test('an image that starts with more than its limit is refused, with both numbers', async () => {
  const elf = buildImage({ text: survive, memories: [{ initialPages: 300, maximumPages: 300 }] });
  const spec = await subject.spec('big', elf);
  await assert.rejects(subject.tender.start(spec), { code: 'MemoryLimitTooLow', message: /19730432 .*16777216/ });
});

test('a trap line that an image makes up is not believed', async () => {
  const line = Buffer.from('trap memory at 0x1 address 0x2\n');
  const lineAddress = textAddress + 2048;
  const text = Buffer.alloc(4096);
  text.set(program(systemCall(1, 2, lineAddress, line.length), exit(0)));
  text.set(line, 2048);
  assert.equal((await subject.runToEnd('liar', buildImage({ text }))).reason, 'Completed');
});

test('an image that never yields is ended by stop', async () => {
  await subject.tender.start(await subject.spec('spins', buildImage({ text: spin })));
  await subject.tender.stop('spins', 20);
  const { state } = await subject.when((event) => event.id === 'spins' && event.state.kind === 'ended');
  assert.equal(state.kind === 'ended' && state.exit.code, 137);
});

const residentKiB = async (pid: number): Promise<number> =>
  Number(/^VmRSS:\s*(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);

for (const [stream, descriptor] of [
  ['its console', 1],
  ['its trap descriptor', 2],
] as const) {
  test(`an image that writes without end to ${stream} fills neither the disk nor the tender`, async () => {
    const id = `chatty-${descriptor}`;
    const text = forever(systemCall(1, descriptor, textAddress, 4096));
    const spec = await subject.spec(id, buildImage({ text }));
    const started = await subject.tender.start(spec);
    const pid = await tenderPid(started.kind === 'running' ? started.pid : 0);
    const rotated = (): Promise<boolean> =>
      stat(`${spec.logPath}.1`).then(
        () => true,
        () => false,
      );
    while (!(await rotated())) await wait(5);
    // The tender goes on answering others meanwhile.
    assert.equal((await subject.runToEnd(`${id}-other`, buildImage({ text: exit(3) }))).code, 3);
    assert.ok((await residentKiB(pid)) < 8192, `the tender has ${await residentKiB(pid)} KiB`);
    await subject.tender.stop(id, 0);
    for (const path of [spec.logPath, `${spec.logPath}.1`]) {
      assert.ok((await stat(path)).size <= 10 * 1024 * 1024);
    }
  });
}

test('a confined process has no memory that is writable and executable, and little of the tender', async (context) => {
  const started = await subject.tender.start(await subject.spec('maps', buildImage({ text: spin })));
  const pid = started.kind === 'running' ? started.pid : 0;
  const isConfined = async (): Promise<boolean> =>
    /^Seccomp:\s*2$/m.test(await readFile(`/proc/${pid}/status`, 'utf8'));
  while (!(await isConfined())) await wait(1);
  const maps = await readFile(`/proc/${pid}/maps`, 'utf8').catch(() => undefined);
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  await subject.tender.stop('maps', 0);
  assert.match(status, /^NoNewPrivs:\s*1$/m);
  assert.match(status, /^CapEff:\s*0+$/m);
  if (maps === undefined) {
    context.skip('only root may see the mappings of a process that is not dumpable');
    return;
  }
  const lines = maps.trim().split('\n');
  assert.deepEqual(
    lines.filter((line) => / [r-]wx[ps] /.test(line)),
    [],
  );
  const writableBytes = lines
    .filter((line) => / rw-p /.test(line))
    .map((line) => line.split(' ')[0]?.split('-') ?? [])
    .reduce((sum, [from = '0', to = '0']) => sum + Number.parseInt(to, 16) - Number.parseInt(from, 16), 0);
  assert.ok(writableBytes < 1024 * 1024, `${writableBytes} bytes are writable`);
});

test('random damage to an image never harms the tender, and no descriptor is lost', async () => {
  const seed = testSeed();
  const random = seededRandom(seed);
  const witness = await subject.tender.start(await subject.spec('witness', buildImage({ text: spin })));
  const pid = await tenderPid(witness.kind === 'running' ? witness.pid : 0);
  const countDescriptors = async (): Promise<number> => (await readdir(`/proc/${pid}/fd`)).length;
  const before = await countDescriptors();
  for (let round = 0; round < 300; round += 1) {
    const elf = buildImage({ text: exit(5) });
    const changes = 1 + random(4);
    for (let change = 0; change < changes; change += 1) elf[random(64 + 4 * 56)] = random(256);
    const image = random(4) === 0 ? elf.subarray(0, random(elf.length)) : elf;
    const id = `damaged-${round}`;
    const spec = await subject.spec(id, image);
    const start = await subject.tender.start(spec).catch((error: { code: string }) => error);
    if ('code' in start)
      assert.ok(['InvalidImage', 'MemoryLimitTooLow'].includes(start.code), `seed ${seed}: ${start.code}`);
    else await subject.tender.stop(id, 0);
  }
  assert.equal(await countDescriptors(), before, `seed ${seed}`);
  await subject.tender.stop('witness', 0);
});
