/** The native tender for tests: sealed once into a cache that all tests share, or the program DIATOM_NATIVE_TENDER names. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { homeOf } from '@diatom/cli';
import { nativeTender } from '@diatom/cli/native-tender.ts';
import { connectProcessTender, type Exit, type ProcessTender, type SlotSpec, type TenderEvent } from '@diatom/tender';
import { storeImage } from './image.ts';

export const nativeTenderPath = (): Promise<string> => {
  const given = process.env.DIATOM_NATIVE_TENDER;
  return given ? Promise.resolve(given) : nativeTender(homeOf(process.env), () => undefined);
};

export interface TestTender extends AsyncDisposable {
  readonly tender: ProcessTender;
  readonly directory: string;
  readonly socketPath: string;
  readonly binaryPath: string;
  /** Resolves with the first event, past or future, that fits. */
  when(fits: (event: TenderEvent) => boolean): Promise<TenderEvent>;
  spec(
    id: string,
    elf: Uint8Array,
    more?: Partial<SlotSpec> & { readonly systemCalls?: readonly string[] },
  ): Promise<SlotSpec>;
  /** Boots the image, waits for its end, gives the slot back. */
  runToEnd(
    id: string,
    elf: Uint8Array,
    more?: Partial<SlotSpec> & { readonly systemCalls?: readonly string[] },
  ): Promise<Exit>;
  log(id: string): Promise<string>;
}

const clientGraceMs = 2000;

export const startTestTender = async (): Promise<TestTender> => {
  const binaryPath = await nativeTenderPath();
  const directory = await mkdtemp(join(tmpdir(), 'diatom-tender-'));
  const socketPath = join(directory, 'tender.sock');
  const tender = await connectProcessTender({ binaryPath, socketPath, clientGraceMs });
  const seen: TenderEvent[] = [];
  const waiting = new Set<(event: TenderEvent) => void>();
  tender.onEvent((event) => {
    seen.push(event);
    for (const look of waiting) look(event);
  });

  const when = (fits: (event: TenderEvent) => boolean): Promise<TenderEvent> => {
    const past = seen.find(fits);
    if (past) return Promise.resolve(past);
    return new Promise((resolve) => {
      const look = (event: TenderEvent): void => {
        if (!fits(event)) return;
        waiting.delete(look);
        resolve(event);
      };
      waiting.add(look);
    });
  };

  const spec: TestTender['spec'] = async (id, elf, { systemCalls, ...more } = {}) => ({
    id,
    target: 'process',
    ...(await storeImage(directory, id, elf, systemCalls)),
    listen: [],
    environment: {},
    memoryLimitBytes: 16 * 1024 * 1024,
    boot: 'eager',
    idleTimeoutMs: 0,
    timeLimitMs: 0,
    logPath: join(directory, `${id}.log`),
    ...more,
  });

  return {
    tender,
    directory,
    socketPath,
    binaryPath,
    when,
    spec,
    async runToEnd(id, elf, more) {
      await tender.start(await spec(id, elf, more));
      const { state } = await when((event) => event.id === id && event.state.kind === 'ended');
      await tender.stop(id, 0);
      if (state.kind !== 'ended') throw new Error('unreachable');
      return state.exit;
    },
    log: (id) => readFile(join(directory, `${id}.log`), 'utf8'),
    async [Symbol.asyncDispose]() {
      // A test may have ended the tender or handed it to another client.
      for (const { id } of await tender.list().catch(() => [])) await tender.stop(id, 0);
      await tender.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

/** The tender is the parent of what runs in it. */
export const tenderPid = async (instancePid: number): Promise<number> => {
  const status = await readFile(`/proc/${instancePid}/status`, 'utf8');
  return Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1]);
};
