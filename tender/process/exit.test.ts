import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeExit, type Ending } from './exit.ts';
import { parseSymbols } from './symbols.ts';

const symbols = parseSymbols(
  JSON.stringify({
    functions: [
      { name: 'main', address: 0x1000_1000, sizeBytes: 0x100 },
      { name: 'handle', address: 0x1000_1100, sizeBytes: 0x100 },
      { name: 'lib/abort/abort', address: 0x1000_1300, sizeBytes: 0x100 },
      { name: '~lib/rt/tlsf/growMemory', address: 0x1000_1200, sizeBytes: 0x100 },
    ],
  }),
);

const ending = (waitStatus: number, report = '', more: Partial<Ending> = {}): Ending => ({
  waitStatus,
  report,
  imageName: 'hello',
  memoryLimitBytes: 16_777_216,
  killedFor: 'nothing',
  timeLimitMs: 0,
  ...more,
});
const exited = (code: number): number => code << 8;

test('status 0 is completed', () => {
  assert.equal(describeExit(ending(exited(0))).reason, 'Completed');
});

test('another status is an error that shows it', () => {
  assert.deepEqual(describeExit(ending(exited(3))), {
    code: 3,
    signal: 0,
    reason: 'Error',
    message: 'exited with status 3',
  });
});

test('what an image calls its functions neither floods a message nor controls a terminal', () => {
  const hostile = parseSymbols(
    JSON.stringify({
      functions: [{ name: `\u001b[2J\u202egood\n${'x'.repeat(1e6)}`, address: 0x1000_1000, sizeBytes: 0x100 }],
    }),
  );
  const { message } = describeExit(ending(exited(132), 'trap unreachable at 0x10001010 address 0x0\n'), hostile);
  assert.equal(message.length, 1024);
  assert.match(message, /^unreachable code reached in {2}\[2J good x+…$/);
});

test('what a failed boot says is one printable line', () => {
  const { message } = describeExit(ending(exited(125), 'boot: \u001b]0;title\u0007 no\r\nsuch\tluck\n'));
  assert.equal(message, 'could not boot:  ]0;title  no such luck');
});

test('a trap names its function and its callers', () => {
  const report = 'trap memory at 0x10001110 address 0x7f0000000000 0x10001200 0x10001010 0x99999999\n';
  assert.deepEqual(describeExit(ending(exited(139), report), symbols), {
    code: 139,
    signal: 11,
    reason: 'Trap',
    message: 'out of bounds memory access in handle ← main (address 0x7f0000000000)',
  });
});

test('an uncaught error is told by where it was thrown', () => {
  const report = 'trap unreachable at 0x10001310 address 0x0 0x10001120\n';
  const { message } = describeExit(ending(exited(132), report), symbols);
  assert.equal(message, 'uncaught error in handle; the last line of its log says which');
});

test('without symbols a trap shows the address', () => {
  const report = 'trap unreachable at 0x10001110 address 0x0\n';
  assert.equal(describeExit(ending(exited(132), report)).message, 'unreachable code reached in 0x10001110');
});

test('a denied system call is named', () => {
  const verdict = describeExit(ending(exited(159), 'trap system-call-2 at 0x10001010 address 0x0\n'), symbols);
  assert.equal(verdict.reason, 'SystemCallDenied');
  assert.equal(verdict.message, 'tried system call open (2) in main, which image hello may not use like this');
});

test('a system call of another architecture is not called by the name of ours', () => {
  const verdict = describeExit(ending(exited(159), 'trap foreign-system-call-2 at 0x10001010 address 0x0\n'), symbols);
  assert.match(verdict.message, /system call 2 of another architecture/);
});

test('an allocator that cannot grow is out of memory, with the limit', () => {
  const verdict = describeExit(ending(exited(132), 'trap unreachable at 0x10001210 address 0x0 0x10001120\n'), symbols);
  assert.equal(verdict.reason, 'OutOfMemory');
  assert.equal(verdict.message, 'out of memory in handle; the limit is 16.0 MiB');
});

test('a killed instance says whether the tender did it', () => {
  assert.equal(describeExit(ending(9, '', { killedFor: 'stop' })).code, 137);
  assert.match(describeExit(ending(9, '', { killedFor: 'stop' })).message, /stopped/);
  assert.match(describeExit(ending(9)).message, /from outside/);
});

test('an instance that ran too long says how long it may', () => {
  const verdict = describeExit(ending(9, '', { killedFor: 'time-limit', timeLimitMs: 250 }));
  assert.equal(verdict.reason, 'DeadlineExceeded');
  assert.equal(verdict.code, 137);
  assert.match(verdict.message, /time limit of 250 ms/);
});

test('a guest that breaks a rule of its monitor is told which', () => {
  const verdict = describeExit(ending(exited(159), 'rule send: the length is 1 to 16384: 20000\n'));
  assert.deepEqual(
    { code: verdict.code, reason: verdict.reason, message: verdict.message },
    {
      code: 159,
      reason: 'SystemCallDenied',
      message: 'broke a rule of its virtual machine: send: the length is 1 to 16384: 20000',
    },
  );
});

test('a virtual machine that cannot go on says why', () => {
  const verdict = describeExit(ending(exited(134), 'machine stopped by a triple fault, exit reason 0x8\n'));
  assert.equal(verdict.message, 'its virtual machine stopped by a triple fault, exit reason 0x8');
});

test('a report that an instance has made up is not believed when it ended well', () => {
  assert.equal(describeExit(ending(exited(0), 'trap memory at 0x1 address 0x1\n')).reason, 'Completed');
});

test('a boot that failed says why', () => {
  const verdict = describeExit(ending(exited(125), 'boot: memory 0: out of memory\n'));
  assert.equal(verdict.message, 'could not boot: memory 0: out of memory');
});
