/** Services as clients see them given addresses and ports: by the answers of the API, and by what it stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JsonRecord, recordAt, recordsAt, stringAt } from '../kinds/json.ts';
import { createApi } from '../verbs/api.ts';
import { type Answer, admin, openApi, type TestApi } from '../verbs/test-api.ts';

const services = '/api/v1/namespaces/default/services';
const addresses = '/apis/networking.k8s.io/v1/ipaddresses';
const blocks = '/apis/networking.k8s.io/v1/servicecidrs';
const merge = { 'content-type': 'application/merge-patch+json' };

const withBlocks = (...texts: readonly string[]): Promise<TestApi> =>
  openApi([], undefined, undefined, undefined, { blocks: texts });

const service = (name: string, spec: JsonRecord = {}): JsonRecord => ({
  metadata: { name },
  spec: { ports: [{ port: 80 }], selector: { app: name }, ...spec },
});

const create = (api: TestApi, name: string, spec: JsonRecord = {}, query = ''): Promise<Answer> =>
  api.call('POST', services + query, service(name, spec));

const change = (api: TestApi, name: string, spec: JsonRecord): Promise<Answer> =>
  api.call('PATCH', `${services}/${name}`, { spec }, merge);

const addressOf = ({ body }: Answer): string => stringAt(body, 'spec', 'clusterIP');
const portsOf = ({ body }: Answer): unknown[] => recordsAt(body, 'spec', 'ports').map(({ nodePort }) => nodePort);

async function recorded(api: TestApi): Promise<readonly string[]> {
  const { body } = await api.call('GET', addresses);
  return recordsAt(body, 'items').map((item) => stringAt(item, 'metadata', 'name'));
}

test('the answer to a create has the address, and an IPAddress records it from the same moment on', async () => {
  await using api = await openApi();
  const answer = await create(api, 'a');
  assert.equal(answer.status, 201, answer.text);
  const address = addressOf(answer);
  assert.match(address, /^10\.0\.0\.\d+$/);
  const { clusterIPs, ipFamilies, ipFamilyPolicy } = recordAt(answer.body, 'spec');
  assert.deepEqual([clusterIPs, ipFamilies, ipFamilyPolicy], [[address], ['IPv4'], 'SingleStack']);
  const { body } = await api.call('GET', `${addresses}/${address}`);
  assert.deepEqual(recordAt(body, 'spec').parentRef, { resource: 'services', namespace: 'default', name: 'a' });
  assert.deepEqual(recordAt(body, 'metadata').labels, {
    'ipaddress.kubernetes.io/ip-family': 'IPv4',
    'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
  });
  const revisions = [body, answer.body].map((object) => Number(stringAt(object, 'metadata', 'resourceVersion')));
  assert.deepEqual(revisions, [Number(revisions[1]) + 1, Number(revisions[1])]);
  const owners = JSON.stringify(recordAt(answer.body, 'metadata').managedFields);
  assert.ok(!owners.includes('clusterIP') && !owners.includes('ipFamilies'), owners);
});

test('of two that ask for one address at once, one gets it', async () => {
  await using api = await openApi();
  const answers = await Promise.all(['a', 'b'].map((name) => create(api, name, { clusterIP: '10.0.0.7' })));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [201, 422]);
  const refused = answers.find(({ status }) => status === 422);
  const why = 'failed to allocate IP 10.0.0.7: provided IP is already allocated';
  assert.ok(stringAt(refused?.body, 'message').endsWith(`spec.clusterIPs: Invalid value: ["10.0.0.7"]: ${why}`));
  assert.deepEqual(await recorded(api), ['10.0.0.7']);
});

test('a block is given out to the last address, each once; what is let go of can be had again', async () => {
  await using api = await withBlocks('192.168.0.0/29');
  const answers = await Promise.all(Array.from({ length: 7 }, (_, index) => create(api, `s${index}`)));
  assert.equal(new Set(answers.filter(({ status }) => status === 201).map(addressOf)).size, 6);
  const full = answers.find(({ status }) => status !== 201);
  assert.equal(full?.status, 500);
  assert.match(stringAt(full?.body, 'message'), /failed to allocate a serviceIP for Service "s\d": range is full/);
  const [first] = answers;
  const gone = stringAt(first?.body, 'metadata', 'name');
  assert.equal((await api.call('DELETE', `${services}/${gone}`)).status, 200);
  const next = await create(api, 'next');
  assert.equal(first === undefined ? '' : addressOf(first), addressOf(next));
});

test('an address outside of the blocks, and one of a block that is no host, is refused', async () => {
  await using api = await openApi();
  for (const clusterIP of ['10.0.1.1', '10.0.0.0', '10.0.0.255', '127.0.0.1', '2001:db8::1']) {
    const { status, body } = await create(api, 'a', { clusterIP });
    assert.equal(status, 422);
    const why = clusterIP.includes(':')
      ? 'IPv6 is not configured on this cluster'
      : 'the provided network does not match the current range';
    assert.ok(stringAt(body, 'message').includes(why), stringAt(body, 'message'));
  }
  const malformed = await create(api, 'a', { clusterIP: '10.0.0.x' });
  assert.match(stringAt(malformed.body, 'message'), /spec\.clusterIPs\[0\]: .* must be a valid IP address/);
});

test('a dry run shows what would be given and takes nothing', async () => {
  await using api = await openApi();
  const dry = await create(api, 'a', { type: 'NodePort', clusterIP: '10.0.0.9' }, '?dryRun=All');
  assert.equal(dry.status, 201, dry.text);
  assert.equal(typeof portsOf(dry)[0], 'number');
  assert.deepEqual(await recorded(api), []);
  const real = await create(api, 'b', {
    type: 'NodePort',
    clusterIP: '10.0.0.9',
    ports: [{ port: 80, nodePort: portsOf(dry)[0] }],
  });
  assert.equal(real.status, 201, real.text);
});

test('what a Service holds is held until it is gone for good', async () => {
  await using api = await openApi();
  const spec = { type: 'NodePort', clusterIP: '10.0.0.5', ports: [{ port: 80, nodePort: 30_100 }] };
  const object = service('a', spec);
  object.metadata = { name: 'a', finalizers: ['example.com/hold'] };
  assert.equal((await api.call('POST', services, object)).status, 201);
  await api.call('DELETE', `${services}/a`);
  assert.equal((await create(api, 'b', spec)).status, 422);
  const { text } = await api.call('PATCH', `${services}/a`, { metadata: { finalizers: null } }, merge);
  assert.deepEqual(await recorded(api), [], text);
  assert.equal((await create(api, 'b', spec)).status, 201);
});

test('addresses come and go with the type; they cannot be exchanged', async () => {
  await using api = await openApi();
  const first = addressOf(await create(api, 'a'));
  const moved = await change(api, 'a', { clusterIP: '10.0.0.200', clusterIPs: ['10.0.0.200'] });
  assert.equal(moved.status, 422);
  assert.match(stringAt(moved.body, 'message'), /spec\.clusterIPs\[0\]: .*may not change once set/);
  const named = await change(api, 'a', { type: 'ExternalName', externalName: 'example.com' });
  assert.equal(named.status, 200, named.text);
  const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy } = recordAt(named.body, 'spec');
  assert.deepEqual([clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy], Array(4).fill(undefined));
  assert.deepEqual(await recorded(api), []);
  const back = await change(api, 'a', { type: 'ClusterIP', externalName: null, clusterIP: first });
  assert.equal(back.status, 200, back.text);
  assert.deepEqual(await recorded(api), [first]);
});

test('a Service without an address of its own takes none and stays so', async () => {
  await using api = await openApi();
  const headless = await create(api, 'a', { clusterIP: 'None' });
  assert.deepEqual(recordAt(headless.body, 'spec').clusterIPs, ['None']);
  assert.equal(recordAt(headless.body, 'spec').ipFamilyPolicy, 'SingleStack');
  const free = await create(api, 'b', { clusterIP: 'None', selector: null });
  assert.deepEqual(
    [recordAt(free.body, 'spec').ipFamilies, recordAt(free.body, 'spec').ipFamilyPolicy],
    [['IPv4', 'IPv6'], 'RequireDualStack'],
  );
  assert.deepEqual(await recorded(api), []);
  assert.equal((await change(api, 'a', { clusterIP: '10.0.0.5', clusterIPs: ['10.0.0.5'] })).status, 422);
});

test('an update that leaves out what was given keeps it', async () => {
  await using api = await openApi();
  const given = await create(api, 'a', { type: 'NodePort' });
  const again = await api.call('PUT', `${services}/a`, service('a', { type: 'NodePort' }));
  assert.equal(again.status, 200, again.text);
  assert.deepEqual([addressOf(again), portsOf(again)], [addressOf(given), portsOf(given)]);
  assert.equal(
    stringAt(again.body, 'metadata', 'resourceVersion'),
    stringAt(
      (await api.call('PUT', `${services}/a`, service('a', { type: 'NodePort' }))).body,
      'metadata',
      'resourceVersion',
    ),
  );
});

test('node ports are given where the type has them, let go of with it, and each is held once', async () => {
  await using api = await openApi();
  const ports = [
    { name: 'a', port: 80 },
    { name: 'b', port: 81 },
  ];
  const given = portsOf(await create(api, 'a', { type: 'NodePort', ports }));
  assert.equal(new Set(given).size, 2);
  assert.ok(
    given.every((port) => Number(port) >= 30_086 && Number(port) <= 32_767),
    String(given),
  );
  const [held] = given;
  const refused = await create(api, 'b', { type: 'NodePort', ports: [{ port: 80, nodePort: held }] });
  const why = `spec.ports[0].nodePort: Invalid value: ${held}: provided port is already allocated`;
  assert.ok(stringAt(refused.body, 'message').endsWith(why), refused.text);
  const outside = await create(api, 'b', { type: 'NodePort', ports: [{ port: 80, nodePort: 29_999 }] });
  assert.match(stringAt(outside.body, 'message'), /not in the valid range\. The range of valid ports is 30000-32767$/);
  const plain = await change(api, 'a', { type: 'ClusterIP' });
  assert.deepEqual(portsOf(plain), [undefined, undefined]);
  assert.equal((await create(api, 'b', { type: 'NodePort', ports: [{ port: 80, nodePort: held }] })).status, 201);
});

test('one port number may serve both protocols of a Service', async () => {
  await using api = await openApi();
  const both = (nodePort?: number): JsonRecord => ({
    type: 'NodePort',
    ports: [
      { name: 'udp', port: 53, protocol: 'UDP' },
      { name: 'tcp', port: 53, protocol: 'TCP', ...(nodePort === undefined ? {} : { nodePort }) },
    ],
  });
  const [first, second] = portsOf(await create(api, 'a', both()));
  assert.equal(first, second);
  assert.deepEqual(portsOf(await create(api, 'b', both(30_053))), [30_053, 30_053]);
  const twice = await create(api, 'c', {
    type: 'NodePort',
    ports: [
      { name: 'a', port: 80, nodePort: 30_080 },
      { name: 'b', port: 81, nodePort: 30_080 },
    ],
  });
  assert.equal(twice.status, 422);
});

test('a balancer may do without node ports, and has one for health while it keeps traffic local', async () => {
  await using api = await openApi();
  const without = await create(api, 'a', { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false });
  assert.deepEqual(portsOf(without), [undefined]);
  const local = await create(api, 'b', { type: 'LoadBalancer', externalTrafficPolicy: 'Local' });
  const health = recordAt(local.body, 'spec').healthCheckNodePort;
  assert.equal(typeof health, 'number');
  assert.ok(!portsOf(local).includes(health));
  const taken = await create(api, 'c', { type: 'NodePort', ports: [{ port: 80, nodePort: health }] });
  assert.equal(taken.status, 422);
  assert.equal((await change(api, 'b', { healthCheckNodePort: 30_999 })).status, 422);
  const everywhere = await change(api, 'b', { externalTrafficPolicy: 'Cluster' });
  assert.equal(recordAt(everywhere.body, 'spec').healthCheckNodePort, undefined);
  assert.equal((await create(api, 'c', { type: 'NodePort', ports: [{ port: 80, nodePort: health }] })).status, 201);
});

test('ports that other programs listen on are not chosen', async () => {
  const free = 31_234;
  const isPortInUse = (port: number): boolean => port !== free;
  await using api = await openApi([], undefined, undefined, undefined, { isPortInUse });
  assert.deepEqual(portsOf(await create(api, 'a', { type: 'NodePort' })), [free]);
  const none = await create(api, 'b', { type: 'NodePort' });
  assert.equal(none.status, 500);
  assert.match(stringAt(none.body, 'message'), /failed to allocate a nodePort: range is full/);
});

test('a second family is for those that want it, where the cluster has it', async () => {
  await using single = await openApi();
  const demanded = await create(single, 'a', { ipFamilyPolicy: 'RequireDualStack' });
  assert.match(stringAt(demanded.body, 'message'), /this cluster is not configured for dual-stack services/);
  const other = await create(single, 'a', { ipFamilies: ['IPv6'] });
  assert.match(stringAt(other.body, 'message'), /spec\.ipFamilies\[0\]: .*not configured on this cluster/);
  assert.equal((await create(single, 'a', { ipFamilyPolicy: 'PreferDualStack' })).status, 201);
  await using both = await withBlocks('10.0.0.0/24', '2001:db8::/112');
  const one = await create(both, 'a');
  assert.deepEqual(recordAt(one.body, 'spec').ipFamilies, ['IPv4']);
  const two = await change(both, 'a', { ipFamilyPolicy: 'PreferDualStack' });
  const held = recordAt(two.body, 'spec').clusterIPs as readonly string[];
  assert.equal(held.length, 2, two.text);
  assert.match(String(held[1]), /^2001:db8::/);
  assert.equal(held[0], addressOf(one));
  assert.equal((await recorded(both)).length, 2);
  const less = await change(both, 'a', { ipFamilyPolicy: 'SingleStack' });
  assert.deepEqual(recordAt(less.body, 'spec').clusterIPs, [addressOf(one)]);
  assert.deepEqual(await recorded(both), [addressOf(one)]);
});

test('a further ServiceCIDR gives more addresses, one that is not ready none', async () => {
  await using api = await withBlocks('192.168.0.0/30');
  await create(api, 'a');
  await create(api, 'b');
  assert.equal((await create(api, 'c')).status, 500);
  const made = await api.call('POST', blocks, { metadata: { name: 'more' }, spec: { cidrs: ['192.168.1.0/24'] } });
  assert.equal(made.status, 201, made.text);
  assert.match(addressOf(await create(api, 'c')), /^192\.168\.1\./);
  const condition = {
    type: 'Ready',
    status: 'False',
    reason: 'Terminating',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  await api.call('PATCH', `${blocks}/more/status`, { status: { conditions: [condition] } }, merge);
  assert.equal((await create(api, 'd')).status, 500);
});

test('an address somebody else has recorded is not given out; one that is held cannot be unrecorded', async () => {
  await using api = await withBlocks('192.168.0.0/30');
  const parentRef = { resource: 'gateways', group: 'example.com', namespace: 'default', name: 'mine' };
  const reserved = await api.call('POST', addresses, { metadata: { name: '192.168.0.1' }, spec: { parentRef } });
  assert.equal(reserved.status, 201, reserved.text);
  const given = await create(api, 'a');
  assert.equal(addressOf(given), '192.168.0.2');
  assert.equal((await create(api, 'b')).status, 500);
  assert.equal((await api.call('DELETE', `${addresses}/192.168.0.2`)).status, 200);
  await api.store.write('settled', () => ({ kind: 'keep' }));
  assert.deepEqual(await recorded(api), ['192.168.0.1', '192.168.0.2']);
});

test('Services of an older data directory keep their addresses and ports, and get what they lack', async () => {
  await using api = await openApi();
  const old = (name: string, spec: JsonRecord) => {
    const metadata = { name, namespace: 'default', uid: name, creationTimestamp: '2026-01-01T00:00:00Z' };
    const whole = { sessionAffinity: 'None', type: 'NodePort', ...spec };
    return api.store.write(`core/services/default/${name}`, (current) => {
      assert.equal(current, undefined);
      const value = (revision: number): string =>
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Service',
          metadata: { ...metadata, resourceVersion: String(revision) },
          spec: whole,
        });
      return { kind: 'put', value };
    });
  };
  const ports = [{ port: 80, protocol: 'TCP', targetPort: 80, nodePort: 31_000 }];
  await old('a', { clusterIP: '10.0.0.77', clusterIPs: ['10.0.0.77'], ports });
  await old('b', { ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }] });
  const podLog = () => Promise.resolve({ status: 200, headers: {}, body: '' });
  const access = { authorize: () => ({ allowed: true, reason: '' }), admit: () => undefined } as const;
  const handle = createApi({
    store: api.store,
    access: access as unknown as Parameters<typeof createApi>[0]['access'],
    podLog,
    now: () => api.clock.nowMs,
    random: () => 0.5,
  });
  const spec = { type: 'NodePort', ports: [{ port: 80, nodePort: 31_000 }] };
  const body = new TextEncoder().encode(JSON.stringify(service('c', spec)));
  const refused = await handle({ method: 'POST', path: services, headers: {}, body }, admin);
  assert.equal(refused.status, 422);
  const [kept, completed] = await Promise.all(['a', 'b'].map((name) => api.call('GET', `${services}/${name}`)));
  assert.ok(kept !== undefined && completed !== undefined);
  assert.equal(addressOf(kept), '10.0.0.77');
  assert.match(addressOf(completed), /^10\.0\.0\./);
  assert.equal(typeof portsOf(completed)[0], 'number');
  assert.deepEqual([...(await recorded(api))].sort(), [addressOf(kept), addressOf(completed)].sort());
});
