/** What the upstream conformance tests of sig-cli do with kubectl, with the real one. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { kubectl, kubectlPath, needsKubectl } from '../kubectl.ts';
import { at, type Body, suite } from './rig.ts';

const { api, kernel } = suite();

let home = '';
before(() => {
  home = mkdtempSync(join(tmpdir(), 'diatom-cli-'));
});
after(() => rmSync(home, { recursive: true }));

/** What kubectl prints; it has to succeed. */
async function run(command: string, input?: string): Promise<string> {
  const words = (command.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^'|'$/g, ''));
  const access = { kubeconfig: kernel().kernel.kubeconfigPath, home };
  const result = await kubectl(words, { ...access, ...(input === undefined ? {} : { input }) });
  assert.equal(result.code, 0, `${command}: ${result.stderr}`);
  return result.stdout;
}

const labels = { app: 'agnhost', role: 'primary' };
const controller = {
  apiVersion: 'v1',
  kind: 'ReplicationController',
  metadata: { name: 'agnhost-primary', labels },
  spec: {
    replicas: 1,
    selector: labels,
    template: {
      metadata: { labels },
      spec: {
        containers: [
          { name: 'agnhost-primary', image: 'agnhost', ports: [{ name: 'agnhost-server', containerPort: 6379 }] },
        ],
      },
    },
  },
};
const pod = (name: string, image = 'httpd:1') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, labels: { run: name } },
  spec: { containers: [{ name, image }] },
});

async function inNamespace(): Promise<(command: string, input?: string) => Promise<string>> {
  const namespace = await api.namespace();
  return (command, input) => run(`${command} -n ${namespace}`, input);
}

test('Kubectl client Kubectl api-versions should check if v1 is in available api versions', needsKubectl, async () => {
  assert.ok((await run('api-versions')).split('\n').includes('v1'));
});

test(
  'Kubectl client Kubectl cluster-info should check if Kubernetes control plane services is included in cluster-info',
  needsKubectl,
  async () => {
    assert.match(await run('cluster-info'), /Kubernetes control plane.*is running at.*https:\/\//);
  },
);

test('Kubectl client Kubectl version should check is all data is printed', needsKubectl, async () => {
  const printed = await run('version');
  for (const part of ['Client Version', 'Server Version']) assert.match(printed, new RegExp(part));
});

test(
  'Kubectl client Kubectl describe should check if kubectl describe prints relevant information for rc and pods',
  needsKubectl,
  async () => {
    const kubectlIn = await inNamespace();
    await kubectlIn('create -f -', JSON.stringify(controller));
    const { template } = controller.spec;
    await kubectlIn(
      'create -f -',
      JSON.stringify({ apiVersion: 'v1', kind: 'Pod', ...template, metadata: { name: 'agnhost-primary-0', labels } }),
    );
    const described = await kubectlIn('describe rc agnhost-primary');
    for (const part of [
      'Name:',
      'Namespace:',
      'Selector:',
      'Labels:',
      'Replicas:',
      'Pods Status:',
      'Pod Template:',
      'Image:',
    ])
      assert.ok(described.includes(part), part);
    const ofPod = await kubectlIn('describe pod agnhost-primary-0');
    for (const part of [
      'Name:',
      'Namespace:',
      'Node:',
      'Labels:',
      'app=agnhost',
      'role=primary',
      'Status:',
      'IP:',
      'Image:',
    ])
      assert.ok(ofPod.includes(part), part);
    const ofNamespace = await kubectlIn('describe namespace default');
    for (const part of ['Name:', 'Labels:', 'Annotations:', 'Status:', 'Active'])
      assert.ok(ofNamespace.includes(part), part);
  },
);

test(
  'Kubectl client Kubectl diff should check if kubectl diff finds a difference for Deployments',
  needsKubectl,
  async () => {
    const namespace = await api.namespace();
    const deployment = (image: string) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'httpd-deployment', namespace },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'httpd', image }] } },
      },
    });
    await run('apply -f -', JSON.stringify(deployment('httpd:1')));
    const access = { kubeconfig: kernel().kernel.kubeconfigPath, home, input: JSON.stringify(deployment('busybox')) };
    const { code, stdout } = await kubectl(['diff', '-f', '-'], access);
    assert.equal(code, 1);
    assert.match(stdout, /^-.*image: httpd:1$/m);
    assert.match(stdout, /^\+.*image: busybox$/m);
  },
);

test('Kubectl client Kubectl expose should create services for rc', needsKubectl, async () => {
  const namespace = await api.namespace();
  await run(`create -n ${namespace} -f -`, JSON.stringify(controller));
  await run(`expose rc agnhost-primary --name=rm2 --port=1234 --target-port=6379 -n ${namespace}`);
  await run(`expose service rm2 --name=rm3 --port=2345 --target-port=6379 -n ${namespace}`);
  for (const [name, port] of [
    ['rm2', 1234],
    ['rm3', 2345],
  ] as const) {
    const service = await api.get(`/api/v1/namespaces/${namespace}/services/${name}`);
    assert.deepEqual([at(service, 'spec.ports.0.port'), at(service, 'spec.ports.0.targetPort')], [port, 6379]);
    assert.deepEqual(at(service, 'spec.selector'), labels);
  }
});

test('Kubectl client Kubectl label should update the label on a resource', needsKubectl, async () => {
  const kubectlIn = await inNamespace();
  await kubectlIn('create -f -', JSON.stringify(pod('pause')));
  await kubectlIn('label pods pause testing-label=testing-label-value');
  assert.match(await kubectlIn('get pod pause -L testing-label'), /testing-label-value/);
  await kubectlIn('label pods pause testing-label-');
  assert.doesNotMatch(await kubectlIn('get pod pause -L testing-label'), /testing-label-value/);
});

test('Kubectl client Kubectl patch should add annotations for pods in rc', needsKubectl, async () => {
  const kubectlIn = await inNamespace();
  await kubectlIn('create -f -', JSON.stringify(pod('agnhost-primary')));
  await kubectlIn(`patch pod agnhost-primary -p '{"metadata":{"annotations":{"x":"y"}}}'`);
  assert.equal(await kubectlIn(`get pod agnhost-primary -o jsonpath={.metadata.annotations.x}`), 'y');
});

test("Kubectl client Kubectl replace should update a single-container pod's image", needsKubectl, async () => {
  const kubectlIn = await inNamespace();
  await kubectlIn('run e2e-test-httpd-pod --image=httpd:1 --labels=run=e2e-test-httpd-pod');
  const stored = await kubectlIn('get pod e2e-test-httpd-pod -o json');
  await kubectlIn('replace -f -', stored.replaceAll('httpd:1', 'busybox:1'));
  assert.equal(await kubectlIn('get pod e2e-test-httpd-pod -o jsonpath={.spec.containers[0].image}'), 'busybox:1');
});

test(
  'Kubectl client Kubectl run pod should create a pod from an image when restart is Never',
  needsKubectl,
  async () => {
    const kubectlIn = await inNamespace();
    await kubectlIn('run e2e-test-httpd-pod --restart=Never --image=httpd:1');
    const printed = await kubectlIn(
      'get pod e2e-test-httpd-pod -o jsonpath={.spec.containers[0].image}/{.spec.restartPolicy}',
    );
    assert.equal(printed, 'httpd:1/Never');
    await kubectlIn('delete pod e2e-test-httpd-pod');
  },
);

test(
  'Kubectl client Kubectl server-side dry-run should check if kubectl can dry-run update Pods',
  needsKubectl,
  async () => {
    const kubectlIn = await inNamespace();
    await kubectlIn('run e2e-test-httpd-pod --image=httpd:1 --labels=run=e2e-test-httpd-pod');
    const change = '{"spec":{"containers":[{"name":"e2e-test-httpd-pod","image":"busybox:1"}]}}';
    await kubectlIn(`patch pod e2e-test-httpd-pod -p '${change}' --dry-run=server`);
    assert.equal(await kubectlIn('get pod e2e-test-httpd-pod -o jsonpath={.spec.containers[0].image}'), 'httpd:1');
  },
);

test('Kubectl client Update Demo should scale a replication controller', needsKubectl, async () => {
  const kubectlIn = await inNamespace();
  await kubectlIn('create -f -', JSON.stringify(controller));
  for (const replicas of ['1', '2']) {
    await kubectlIn(`scale rc agnhost-primary --replicas=${replicas}`);
    assert.equal(await kubectlIn('get rc agnhost-primary -o jsonpath={.spec.replicas}'), replicas);
  }
});

// ---- kubectl proxy ---------------------------------------------------------------------------------------------------

interface Proxy extends AsyncDisposable {
  /** The first line it prints. */
  readonly line: string;
}

async function startProxy(...options: readonly string[]): Promise<Proxy> {
  const environment = { ...process.env, HOME: home, KUBECONFIG: kernel().kernel.kubeconfigPath };
  const child: ChildProcess = spawn(kubectlPath, ['proxy', ...options], { env: environment });
  const line = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk) => {
      text += String(chunk);
      if (text.includes('\n')) resolve(text);
    });
    child.once('exit', (code) => reject(new Error(`kubectl proxy ended with ${code}`)));
  });
  return {
    line,
    [Symbol.asyncDispose]: async () => {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill();
      await ended;
    },
  };
}

function read(where: { readonly port: number } | { readonly socketPath: string }): Promise<Body> {
  return new Promise((resolve, reject) => {
    request({ ...where, host: '127.0.0.1', path: '/api/' }, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve(JSON.parse(text) as Body));
    })
      .on('error', reject)
      .end();
  });
}

test('Kubectl client Proxy server should support proxy with --port 0', needsKubectl, async () => {
  await using proxy = await startProxy('--port=0', '--disable-filter');
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(proxy.line)?.[1]);
  assert.deepEqual((await read({ port })).versions, ['v1']);
});

test('Kubectl client Proxy server should support --unix-socket=/path', needsKubectl, async () => {
  const socketPath = join(home, 'proxy.sock');
  await using _ = await startProxy(`--unix-socket=${socketPath}`);
  assert.deepEqual((await read({ socketPath })).versions, ['v1']);
});
