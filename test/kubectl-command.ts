/** `npm run kubectl -- WORDS`: the real kubectl, fetched on first use, with the caller's own settings. */
import { spawnSync } from 'node:child_process';
import { kubectlPath, obtainKubectl } from './kubectl.ts';

const tool = await obtainKubectl();
if (tool.kind === 'missing') {
  process.stderr.write(`kubectl cannot be had: ${tool.why}\n`);
  process.exit(1);
}
const { status, error } = spawnSync(kubectlPath, process.argv.slice(2), {
  stdio: 'inherit',
  cwd: process.env.INIT_CWD ?? process.cwd(),
});
if (error !== undefined) process.stderr.write(`${error.message}\n`);
process.exitCode = status ?? 1;
