/**
 * `npm run screens`: runs the commands of the quick start and writes what they print as pictures into `docs/screens`. They
 * need ports 8080 and 8081 of 127.0.0.1. What is shown was printed; only long lists are cut, by commands that are shown.
 */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { kubectlPath, obtainKubectl } from '@diatom/test/kubectl';
import { Shell } from './screens-shell.ts';
import { type Pane, svgOf } from './screens-svg.ts';

const checkout = join(import.meta.dirname, '..');
const shelf = join(checkout, 'docs/screens');

const service = `export default {
  fetch(request: Request): Response {
    return new Response(\`hello from \${new URL(request.url).pathname}\\n\`);
  },
};
`;

const directory = await mkdtemp(join(tmpdir(), 'diatom-screens-'));
const programs = join(directory, 'bin');
const cache = join(checkout, '.cache/demo');
const environment = {
  PATH: `${programs}:${process.env.PATH}`,
  HOME: directory,
  DIATOM_HOME: join(directory, 'home'),
  NO_COLOR: '1',
};
const shell = (title: string): Shell => new Shell(title, directory, environment);

async function save(name: string, panes: readonly Pane[]): Promise<void> {
  await writeFile(join(shelf, `${name}.svg`), svgOf(panes));
  process.stdout.write(`${panes.flatMap(({ lines }) => lines.map(({ text }) => text)).join('\n')}\n\n`);
}

async function develop(): Promise<void> {
  const [left, right] = [shell('diatom dev'), shell('another terminal')];
  left.run('cat greet.ts');
  await left.start('diatom dev greet.ts', /Ctrl-C/);
  try {
    right.run('curl http://127.0.0.1:8080/you');
    await left.printed(/GET \/you 200/);
    right.run("sed -i 's/hello/good morning/' greet.ts");
    await left.printed(/Restarted/);
    right.run('curl http://127.0.0.1:8080/you');
    await left.printed(/GET \/you 200.*GET \/you 200/s);
  } finally {
    await left.stop();
  }
  await save('dev', [left, right]);
}

async function seal(): Promise<void> {
  const [left, right] = [shell('diatom run'), shell('another terminal')];
  left.run('diatom build greet.ts -t greet');
  left.run('diatom inspect greet | head -34');
  await left.start('diatom run greet', /Ctrl-C|http:/);
  try {
    right.run('curl http://127.0.0.1:8080/you');
  } catch (error) {
    await left.stop();
    throw error;
  }
  await left.stop();
  await save('run', [left, right]);
}

async function cluster(): Promise<void> {
  const [left, right] = [shell('diatom up'), shell('another terminal')];
  await left.start('diatom up', /KUBECONFIG=/);
  try {
    const kubeconfig = /KUBECONFIG=(\S+)/.exec(left.lines.map(({ text }) => text).join('\n'))?.[1] ?? '';
    right.set('KUBECONFIG', kubeconfig.replaceAll("'", ''));
    right.run('kubectl create deployment greet --image=greet --port=8080');
    right.run('kubectl expose deployment greet');
    right.run('kubectl rollout status deployment/greet');
    right.run('kubectl get service greet');
    const address = /ClusterIP +(\S+)/.exec(right.lines.at(-1)?.text ?? '')?.[1] ?? '';
    right.run(`curl http://${address}:8080/you`);
    right.run(
      'kubectl patch deployment greet -p \\\n' +
        `  '{"spec":{"template":{"metadata":{"annotations":{"diatom.dev/idle-timeout":"2s"}}}}}'`,
    );
    right.run('kubectl rollout status deployment/greet');
    await right.until('kubectl get pods --no-headers', /^\S+ +1\/1 +Asleep.*\n$/);
    right.run('kubectl get pods');
    right.run(`curl -w '%{time_total} s\\n' http://${address}:8080/you`);
    await right.until('kubectl get pods --no-headers', /Running/);
    right.run('kubectl get pods');
  } finally {
    await left.stop();
  }
  await save('cell', [left, right]);
}

async function demonstrate(): Promise<void> {
  const only = new Shell('npm run demo', checkout, environment);
  only.run('npm run --silent demo');
  await save('demo', [only]);
}

try {
  const tool = await obtainKubectl();
  if (tool.kind === 'missing') throw new Error(`kubectl cannot be had: ${tool.why}`);
  await Promise.all([mkdir(shelf, { recursive: true }), mkdir(programs), mkdir(environment.DIATOM_HOME)]);
  await symlink(join(checkout, 'cli/bin/diatom.mjs'), join(programs, 'diatom'));
  await symlink(kubectlPath, join(programs, 'kubectl'));
  await symlink(process.execPath, join(programs, 'node'));
  // What the tools keep is taken from the demo's home: the pictures are of the second time.
  await mkdir(join(cache, 'cache'), { recursive: true });
  await symlink(join(cache, 'cache'), join(environment.DIATOM_HOME, 'cache'));
  await writeFile(join(directory, 'greet.ts'), service);
  // On a terminal curl shows no progress.
  await writeFile(join(directory, '.curlrc'), 'silent\nshow-error\n');
  await develop();
  await seal();
  await cluster();
  await demonstrate();
} finally {
  await rm(directory, { recursive: true, force: true });
}
