/** The examples in ordinary TypeScript, as processes and, where KVM works, as virtual machines: one build for both. */
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from '@diatom/seal';
import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { needsHvt } from '../hvt.ts';
import { checkout } from '../tools/npm.ts';
import { serviceExamples } from './services.ts';

const targets = [
  { target: 'process', needs: { skip: false } },
  { target: 'hvt', needs: needsHvt },
] as const;

for (const { name, file, environment, check } of serviceExamples) {
  const path = join(checkout, 'examples', file);
  const built = (() => {
    let result: ReturnType<typeof build> | undefined;
    return () => (result ??= build({ file: path, targets: ['process', 'hvt'] }));
  })();
  for (const { target, needs } of targets) {
    test(`examples/${file} answers as it should: ${target}`, needs, async () => {
      const start = startOn({
        ...nativeTarget(target),
        build: async () => ({ ...(await built()), runs: target }),
      });
      await using running = await start(path, { environment });
      try {
        await check((to, init) => fetch(`http://127.0.0.1:${running.address.port}${to}`, init));
      } catch (error) {
        throw new Error(`${name}; its console:\n${(await running.console()).join('\n')}`, { cause: error });
      }
    });
  }
}
