/** The real kubectl against a whole cell: what a person types to run, look at, scale, read and delete a service. */
import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { resources } from '@diatom/sdk';
import { waitForObjects } from '@diatom/sdk/testing';
import { type CellRig, deployment, pod, service, startCellRig } from './cell-rig.ts';
import { kubectl, needsKubectl } from './kubectl.ts';

let rig: CellRig;

before(async () => {
  rig = await startCellRig(['http']);
});

after(async () => {
  await rig[Symbol.asyncDispose]();
});

/** Standard output of a command that must succeed. */
async function run(line: string, input?: unknown): Promise<string> {
  const { code, stdout, stderr } = await kubectl(line.split(' '), {
    kubeconfig: rig.cell.kubeconfigPath,
    home: join(rig.directory, 'home'),
    timeoutMs: 60_000,
    ...(input === undefined ? {} : { input: JSON.stringify(input) }),
  });
  assert.equal(code, 0, `kubectl ${line}: ${stderr}`);
  return stdout;
}

test('apply, rollout, wait, get, describe, scale, logs, events, delete', needsKubectl, async () => {
  const list = {
    apiVersion: 'v1',
    kind: 'List',
    items: [deployment('hello', { image: 'http', idleTimeout: '30s' }), service('hello', 8080)],
  };
  assert.match(await run('apply -f -', list), /deployment.apps\/hello created\nservice\/hello created/);
  assert.match(await run('rollout status deployment/hello --timeout=40s'), /successfully rolled out/);
  assert.match(await run('wait --for=condition=Available deployment/hello --timeout=40s'), /condition met/);
  assert.match(await run('get pods -l app=hello'), /\s1\/1\s+Asleep\s+0\s/);
  assert.match(await run('get nodes'), /^here\s+Ready\s/m);
  assert.match(await run('get deployment hello'), /^hello\s+1\/1\s+1\s+1\s/m);

  const address = await run('get service hello -o jsonpath={.spec.clusterIP}');
  const answer = await fetch(`http://${address}:8080/json`);
  assert.equal(await answer.text(), '{"ok":true}');
  assert.match(
    await run('wait --for=jsonpath={.status.containerStatuses[0].state.running} pod -l app=hello --timeout=40s'),
    /condition met/,
  );
  assert.equal(await run('logs deployment/hello'), 'ready\n');
  assert.match(await run('describe pod -l app=hello'), /Started container main/);
  assert.match(await run('describe node here'), /Container Runtime Version:\s+diatom-process/);

  await run('scale deployment/hello --replicas=5');
  assert.match(await run('rollout status deployment/hello --timeout=40s'), /successfully rolled out/);
  assert.equal((await run('get pods -l app=hello -o name')).trim().split('\n').length, 5);
  assert.match(await run('get events --field-selector reason=Started'), /Started container main/);

  assert.match(await run('delete deployment,service hello --wait=true --timeout=40s'), /deleted/);
  assert.match(await run('wait --for=delete pod -l app=hello --timeout=40s'), /^$|deleted|condition met/);
});

test('a pod that cannot run says why in the column STATUS, and delete does not wait for it', needsKubectl, async () => {
  await run('apply -f -', pod('broken', 'http', {}, { command: ['sh'] }));
  await run(
    'wait --for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=CreateContainerConfigError pod/broken --timeout=40s',
  );
  assert.match(await run('get pod broken'), /\s0\/1\s+CreateContainerConfigError\s+0\s/);
  assert.match(await run('describe pod broken'), /Error: command: an image has one entry, fixed when it was sealed/);
  assert.match(await run('delete pod broken --timeout=40s'), /deleted/);
});

test('deleting a namespace takes its running pods along', needsKubectl, async () => {
  await run('create namespace shortlived');
  await run('apply -f -', { ...pod('inner', 'http'), metadata: { name: 'inner', namespace: 'shortlived' } });
  await run('wait --for=condition=Ready pod/inner -n shortlived --timeout=40s');
  assert.match(await run('delete namespace shortlived --timeout=60s'), /deleted/);
});

/** One request without a second try; a client that keeps its connection sends the next one on it at once. */
function ask(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      text(response).then(resolve, reject);
    });
    request.once('error', reject);
  });
}

test(
  'no request fails while a rollout replaces every pod, on connections kept alive and new ones',
  needsKubectl,
  async () => {
    const container = { readinessProbe: { httpGet: { port: 8080, path: '/hello' }, periodSeconds: 1 } };
    await run('apply -f -', deployment('rolling', { image: 'http', replicas: 2, container }));
    await run('apply -f -', service('rolling', 8080));
    await run('rollout status deployment/rolling --timeout=40s');
    const address = await run('get service rolling -o jsonpath={.spec.clusterIP}');
    const failures: string[] = [];
    let [answered, isOver] = [0, false];
    const keepAsking = async (keepAlive: boolean): Promise<void> => {
      const agent = new Agent({ keepAlive, maxSockets: 1 });
      while (!isOver) {
        try {
          assert.equal(await ask(`http://${address}:8080/hello`, agent), 'hello\n');
          answered += 1;
        } catch (error) {
          failures.push(`${keepAlive ? 'kept alive' : 'new'}: ${String(error)}`);
        }
      }
      agent.destroy();
    };
    const clients = [true, true, true, true, false, false, false, false].map(keepAsking);
    try {
      for (let round = 0; round < 2; round += 1) {
        await run(`set env deployment/rolling ROUND=${round}`);
        await run('rollout status deployment/rolling --timeout=40s');
      }
      const query = { namespace: 'default', labelSelector: 'app=rolling' };
      await waitForObjects(rig.client, resources.pods, query, ({ length }) => length === 2, { timeoutMs: 40_000 });
    } finally {
      // Clients that go on asking would keep this process for ever.
      isOver = true;
      await Promise.all(clients);
    }
    assert.deepEqual(failures, [], `of ${answered + failures.length} requests`);
    await run('delete deployment,service rolling');
  },
);

test('exec, attach and port-forward say why there is none', needsKubectl, async () => {
  await run('apply -f -', pod('sealed', 'http'));
  await run('wait --for=condition=Ready pod/sealed --timeout=40s');
  const refusal = async (line: string): Promise<string> => {
    const options = { kubeconfig: rig.cell.kubeconfigPath, home: join(rig.directory, 'home'), timeoutMs: 60_000 };
    const { code, stderr } = await kubectl(line.split(' '), options);
    assert.equal(code, 1, stderr);
    return stderr;
  };
  assert.match(await refusal('exec sealed -- ls'), /sealed images without a shell.*exec is not available/);
  assert.match(await refusal('attach sealed'), /attach is not available/);
  assert.match(await refusal('port-forward sealed 0:8080'), /port-forward is not available in this cell: connect to/);
  assert.match(await run('get --raw /metrics'), /^# HELP /m);
  await run('delete pod sealed --timeout=40s');
});

test("the API's own Service comes back, with its address, when it is deleted", needsKubectl, async () => {
  const show = 'get service kubernetes -o jsonpath={.spec.clusterIP}';
  const address = await run(show);
  await run('delete service kubernetes');
  await run('wait --for=create service/kubernetes --timeout=40s');
  await run(`wait --for=jsonpath={.spec.clusterIP}=${address} service/kubernetes --timeout=40s`);
  await run('wait --for=create endpointslice/kubernetes --timeout=40s');
});
