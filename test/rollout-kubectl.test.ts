import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { resources } from '@diatom/sdk';
import { waitForObject } from '@diatom/sdk/testing';
import { ControllersRig } from './controllers-rig.ts';
import { kubectl, needsKubectl } from './kubectl.ts';

const manifest = (image: string): string => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: hello
spec:
  replicas: 3
  selector:
    matchLabels:
      app: hello
  template:
    metadata:
      labels:
        app: hello
    spec:
      containers:
      - name: hello
        image: ${image}
`;

test(
  'kubectl rollout status, history, undo, restart, pause and resume work on a Deployment',
  needsKubectl,
  async () => {
    await using rig = await ControllersRig.start();
    await rig.startKubelet();
    const home = mkdtempSync(join(tmpdir(), 'diatom-kubectl-'));
    const run = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await kubectl(args, { kubeconfig: rig.kubeconfigPath, home });
      assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
      return stdout;
    };
    const apply = async (image: string): Promise<void> => {
      writeFileSync(join(home, 'hello.yaml'), manifest(image));
      await run('apply', '-f', join(home, 'hello.yaml'));
    };
    const status = (): Promise<string> => run('rollout', 'status', 'deployment/hello', '--timeout=10s');
    const image = async (): Promise<string | undefined> => {
      const { spec } = await rig.client.resource(resources.deployments, 'default').get('hello');
      return spec.template.spec.containers[0]?.image;
    };
    try {
      await apply('hello:1');
      assert.match(await status(), /successfully rolled out/);
      await apply('hello:2');
      assert.match(await status(), /successfully rolled out/);
      const history = await run('rollout', 'history', 'deployment/hello');
      assert.match(history, /^1 .*\n2 /m);
      await run('rollout', 'undo', 'deployment/hello');
      assert.match(await status(), /successfully rolled out/);
      assert.equal(await image(), 'hello:1');
      assert.match(await run('rollout', 'history', 'deployment/hello'), /^2 .*\n3 /m);
      await run('rollout', 'restart', 'deployment/hello');
      assert.match(await status(), /successfully rolled out/);
      await run('rollout', 'pause', 'deployment/hello');
      await run('set', 'image', 'deployment/hello', 'hello=hello:4');
      const paused = await waitForObject(
        rig.client,
        resources.deployments,
        'default/hello',
        ({ metadata, spec, status: seen }) =>
          spec.template.spec.containers[0]?.image === 'hello:4' && seen?.observedGeneration === metadata.generation,
      );
      assert.equal(paused.status?.updatedReplicas ?? 0, 0);
      assert.ok(paused.status?.conditions?.some(({ reason }) => reason === 'DeploymentPaused'));
      await run('rollout', 'resume', 'deployment/hello');
      assert.match(await status(), /successfully rolled out/);
      assert.equal(await image(), 'hello:4');
      const pods = await run('get', 'pods', '-l', 'app=hello', '-o', 'jsonpath={.items[*].spec.containers[0].image}');
      assert.ok(pods.includes('hello:4'), pods);
    } finally {
      rmSync(home, { recursive: true });
    }
  },
);
