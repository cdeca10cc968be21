/** Child processes of the benchmark: pinned, with their errors told. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { pinned, serverProcessor } from '../../measure/processors.ts';

const run = promisify(execFile);

export async function execute(program: string, words: readonly string[]): Promise<Buffer> {
  const command = pinned(serverProcessor, program, words);
  const { stdout } = await run(command.program, command.words, { encoding: 'buffer', maxBuffer: 1 << 26 });
  return stdout;
}

/** The version a tool prints, or undefined when it is not there. */
export async function versionOf(program: string): Promise<string | undefined> {
  return run(program, ['--version']).then(
    ({ stdout }) => stdout.split('\n')[0],
    () => undefined,
  );
}
