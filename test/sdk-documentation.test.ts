import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  Client,
  type CustomResourceDefinition,
  findCondition,
  type KubernetesObject,
  resources,
  resourceType,
} from '@diatom/sdk';
import { waitForObject } from '@diatom/sdk/testing';
import { startKernel } from './kernel.ts';

const example = fileURLToPath(new URL('greeting-controller.ts', import.meta.url));

interface Greeting extends KubernetesObject {
  spec: { name: string };
  status?: { conditions?: { type: string; status: 'True' | 'False' }[] };
}

const greetings = resourceType<Greeting>('example.com', 'v1', 'greetings', 'Greeting', 'namespaced');

const definition: CustomResourceDefinition = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'greetings.example.com' },
  spec: {
    group: 'example.com',
    names: { plural: 'greetings', singular: 'greeting', kind: 'Greeting', listKind: 'GreetingList' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        subresources: { status: {} },
      },
    ],
  },
};

test('docs/sdk.md shows the example as it is tested here', () => {
  const page = readFileSync(new URL('../docs/sdk.md', import.meta.url), 'utf8');
  const code = readFileSync(example, 'utf8');
  assert.ok(page.includes(`\`\`\`ts\n${code}\`\`\``), 'docs/sdk.md and test/greeting-controller.ts differ');
});

test('the controller of docs/sdk.md does its work over HTTPS, and repairs what others break', async () => {
  await using kernel = await startKernel();
  const client = new Client(kernel.https());
  await client.resource(resources.customResourceDefinitions).create(definition);
  await waitForObject(client, resources.customResourceDefinitions, 'greetings.example.com', ({ status }) =>
    (status?.conditions ?? []).some(({ type, status: state }) => type === 'Established' && state === 'True'),
  );
  const child = spawn(process.execPath, [example], {
    env: { ...process.env, KUBECONFIG: kernel.kernel.kubeconfigPath },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (text) => {
    complaints += String(text);
  });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  try {
    await client.resource(greetings, 'default').create({
      apiVersion: 'example.com/v1',
      kind: 'Greeting',
      metadata: { name: 'a' },
      spec: { name: 'Ada' },
    });
    const says = (text: string) =>
      waitForObject(client, resources.configMaps, 'default/a', ({ data }) => data?.text === text);
    await says('Hello, Ada!');
    await waitForObject(
      client,
      greetings,
      'default/a',
      ({ status }) => findCondition(status?.conditions, 'Ready')?.status === 'True',
    );
    await client.resource(resources.configMaps, 'default').delete('a');
    await says('Hello, Ada!');
    await client.resource(greetings, 'default').patch('a', { kind: 'merge', changes: { spec: { name: 'Grace' } } });
    await says('Hello, Grace!');
  } catch (error) {
    throw new Error(`the controller said: ${complaints || 'nothing'}`, { cause: error });
  } finally {
    child.kill('SIGTERM');
  }
  assert.equal(await ended, 0, complaints);
});
