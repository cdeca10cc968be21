/** A well-behaved image by hand: answers every connection with one line and ends after its idle time. */
import { buildImage, dataAddress, textAddress } from './image.ts';
import { bytes, exit, forever, load, program, systemCall, unlessNegative, whenZero } from './machine-code.ts';

const constantsOffset = 2048;
const answerOffset = constantsOffset + 16;
const epoll = 3;
const listening = 4;

export const answer = 'hello\n';

export const serverImage = (idleMs: number): Uint8Array => {
  const answerConnection = program(
    bytes(0x48, 0x89, 0xc7), // mov rdi, rax
    ...[load('rsi', textAddress + answerOffset), load('rdx', answer.length), load('r10', 0x4000)],
    ...[load('r8', 0), load('r9', 0), load('rax', 44), bytes(0x0f, 0x05)],
    ...[load('rax', 3), bytes(0x0f, 0x05)],
  );
  const text = Buffer.alloc(4096);
  text.set(
    program(
      systemCall(1, 1, textAddress + answerOffset, answer.length),
      systemCall(233, epoll, 1, listening, textAddress + constantsOffset),
      forever(
        program(
          systemCall(281, epoll, dataAddress, 1, idleMs, 0, 8),
          whenZero(exit(0)),
          systemCall(288, listening, 0, 0, 0o2004000),
          unlessNegative(answerConnection),
        ),
      ),
    ),
  );
  text.writeUInt32LE(1, constantsOffset); // EPOLLIN
  text.write(answer, answerOffset);
  return buildImage({ text });
};
