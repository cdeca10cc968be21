import * as sdk from '@diatom/sdk';

interface Greeting extends sdk.KubernetesObject {
  spec: { name: string };
  status?: { conditions: sdk.Condition[] };
}
const greetings = sdk.resourceType<Greeting>('example.com', 'v1', 'greetings', 'Greeting', 'namespaced');

const client = sdk.connect({ userAgent: 'greeting-controller' });
await using informers = new sdk.Informers(client, { log: console.error });
const wanted = informers.of(greetings);
const made = informers.of(sdk.resources.configMaps);

async function reconcile(key: string): Promise<undefined> {
  const greeting = wanted.get(key);
  if (greeting === undefined) return; // Deleted: the garbage collector takes the ConfigMap.
  const present = made.get(key);
  const data = { text: `Hello, ${greeting.spec.name}!` };
  if (present?.data?.text !== data.text) {
    const { namespace, name } = sdk.splitKey(key);
    const metadata = { name, namespace, ownerReferences: [sdk.controllerReference(greeting)] };
    const configMaps = client.resource(sdk.resources.configMaps);
    if (present !== undefined) await configMaps.update({ ...present, data });
    else await configMaps.create({ apiVersion: 'v1', kind: 'ConfigMap', metadata, data });
  }
  const ready: sdk.Condition = { type: 'Ready', status: 'True', reason: 'Written' };
  const conditions = sdk.setCondition(greeting.status?.conditions, ready, Date.now());
  if (conditions === greeting.status?.conditions) return; // Nothing new to say: writing would call us again.
  await client.resource(greetings).updateStatus({ ...greeting, status: { conditions } });
}

const sources = [sdk.changesOf(wanted), sdk.changesOf(made)]; // A ConfigMap has its Greeting's key.
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());
await new sdk.Controller({ name: 'greetings', sources, reconcile, log: console.error }).run(stop.signal);
