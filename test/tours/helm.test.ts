/** The life of a release of a chart with Helm 3.8, 3.9, 3.16, 3.17 and 4.1 against a kernel without servers. */
import { test } from 'node:test';
import { helmOf, needsRelease, releases } from '../kubectl.ts';
import { chart } from './chart.ts';
import { type Step, startShell, tour } from './shell.ts';

const helm = (run: string, prints: string | RegExp): Step => ({ program: 'helm', run, prints });
const value = (path: string): string => `get deploy,greeting one -o 'jsonpath={.items[*].spec.${path}}'`;

const steps: readonly Step[] = [
  helm('template one @chart', /kind: Deployment[\s\S]*replicas: 1/),
  helm('lint @chart', /1 chart\(s\) linted, 0 chart\(s\) failed/),
  helm('install one @chart', /STATUS: deployed\nREVISION: 1/),
  { run: 'get configmap -l app!=x -o name', prints: /^configmap\/one-before$/m },
  { run: 'get configmap one-after', code: 1, prints: /not found/ },
  helm('upgrade one @chart --dry-run', /kind: Greeting/),
  helm('status one', /STATUS: deployed/),
  helm('get manifest one', /kind: Greeting/),
  helm('list', /^one\s+default\s+1\s+.*deployed\s+greeting-0\.1\.0\s+1/m),
  helm('upgrade one @chart --set replicas=3 --set text=bye', /REVISION: 2/),
  { run: value('replicas'), prints: '3' },
  { run: value('text'), prints: 'bye' },
  { run: `get configmap one-before -o 'jsonpath={.data.revision}'`, prints: '2' },
  helm('upgrade --install two @chart', /STATUS: deployed\nREVISION: 1/),
  helm('rollback one 1', /^Rollback was a success/),
  { run: value('text'), prints: 'hello' },
  helm('history one', /^1\s+.*superseded[\s\S]*^3\s+.*deployed.*Rollback to 1/m),
  helm('get values one', /USER-SUPPLIED VALUES:\nnull/),
  helm('uninstall one', 'release "one" uninstalled'),
  helm('uninstall two', 'release "two" uninstalled'),
  helm('list -q', ''),
  { run: 'get deploy,svc,greeting -o name', prints: 'service/kubernetes' },
  { run: 'get crd -o name', prints: 'customresourcedefinition.apiextensions.k8s.io/greetings.tour.example.com' },
];

for (const release of releases) {
  test(`a chart's life with helm ${helmOf(release)}`, await needsRelease(release), async () => {
    await using shell = await startShell(release);
    for (const [path, text] of Object.entries(chart)) shell.write(path, text);
    await tour(shell, release, steps);
  });
}
