/** What of an image lies elsewhere at each start (docs/process-image.md says what does not). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { buildImage } from './hostile/image.ts';
import { bytes, load, loadBootWord, program } from './hostile/machine-code.ts';
import { startTestTender, type TestTender } from './hostile/native-tender.ts';

let subject: TestTender;

before(async () => {
  subject = await startTestTender();
});

after(async () => {
  await subject[Symbol.asyncDispose]();
});

/** shr rdi, 20; and edi, 127; exit: seven bits of an address of which all are random. */
const tellAddress = program(bytes(0x48, 0xc1, 0xef, 20, 0x83, 0xe7, 0x7f), load('rax', 231), bytes(0x0f, 0x05));

const places: readonly (readonly [name: string, toFirstArgument: Uint8Array])[] = [
  ['linear memory', program(loadBootWord(8), bytes(0x48, 0x89, 0xdf))], // mov rdi, rbx
  ['second linear memory', program(loadBootWord(9), bytes(0x48, 0x89, 0xdf))],
  ['stack', bytes(0x48, 0x89, 0xe7)], // mov rdi, rsp
  ['boot block', bytes()],
];

for (const [name, toFirstArgument] of places) {
  test(`the ${name} lies elsewhere at each start`, async () => {
    const memories = [
      { initialPages: 1, maximumPages: 1 },
      { initialPages: 1, maximumPages: 1 },
    ];
    const image = buildImage({ text: program(toFirstArgument, tellAddress), memories });
    const seen = new Set<number>();
    // Eight equal draws of seven bits: once in 2^49.
    for (let start = 0; start < 8; start += 1) {
      seen.add((await subject.runToEnd(`${name.replaceAll(' ', '-')}-${start}`, image)).code);
    }
    assert.ok(seen.size > 1, `always ${[...seen].join()}`);
  });
}
