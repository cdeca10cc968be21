/**
 * endpoints: says which pods stand behind each Service, and passes on what somebody says of one without a selector. It reads
 * readiness and addresses; it never connects anywhere.
 */
import {
  type Client,
  Controller,
  changesOf,
  connectPort,
  type EndpointSlice,
  type Endpoints,
  Expectations,
  type Informer,
  Informers,
  isAlreadyExists,
  isNamespaceTerminating,
  isNotFound,
  keyOf,
  matchesLabels,
  type Pod,
  resources,
  type Service,
  splitKey,
} from '@diatom/sdk';
import { runControllers } from '../run-controllers.ts';
import { isSame } from '../same.ts';
import type { Server } from '../server.ts';
import { isMirrored, mirrorName, planMirrors } from './mirror.ts';
import {
  endpointsManagedByLabel,
  endpointsManagerName,
  managedByLabel,
  managerName,
  planEndpoints,
  planSlices,
  type SlicePlan,
  serviceNameLabel,
} from './slices.ts';

export const server: Server = {
  name: 'endpoints',
  rules: [
    { apiGroups: [''], resources: ['services', 'pods'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['services/finalizers'], verbs: ['update'] },
    {
      apiGroups: ['discovery.k8s.io'],
      resources: ['endpointslices'],
      verbs: ['get', 'list', 'watch', 'create', 'update', 'delete'],
    },
    { apiGroups: [''], resources: ['endpoints'], verbs: ['get', 'list', 'watch', 'create', 'update', 'delete'] },
  ],
  async run(context, ready) {
    const { port, log } = context;
    const client = connectPort(port, { userAgent: 'diatom-endpoints' });
    const informers = new Informers(client, { log });
    const byNamespace = (object: Pod | Service): string[] => [object.metadata.namespace ?? ''];
    const services = informers.of(resources.services).addIndex('namespace', byNamespace);
    const pods = informers.of(resources.pods).addIndex('namespace', byNamespace);
    const slices = informers.of(resources.endpointSlices).addIndex('service', serviceOfSlice);
    const endpoints = informers.of(resources.endpoints);
    const keysOfPod = (pod: Pod): string[] =>
      services
        .byIndex('namespace', pod.metadata.namespace ?? '')
        .filter((service) => selects(service, pod))
        .map(keyOf);
    /** Slices created and not yet shown by the informer; deciding before that would create them twice. */
    const expectations = new Expectations();
    slices.on({ add: (slice) => expectations.observe(serviceOfSlice(slice)[0], slice.metadata.uid ?? '') });
    /** Services deleted while we looked: their Endpoints go with them, whoever made these. */
    const gone = new Set<string>();
    services.on({ delete: (service) => gone.add(keyOf(service)) });
    const controller = new Controller({
      name: 'endpoints',
      log,
      sources: [
        changesOf(services),
        changesOf(slices, serviceOfSlice),
        changesOf(endpoints),
        changesOf(pods, (pod, old) => {
          if (old === undefined) return keysOfPod(pod);
          if (view(pod) === view(old)) return [];
          return [...keysOfPod(old), ...keysOfPod(pod)];
        }),
      ],
      reconcile: async (key) => {
        await reconcile(client, key, services, pods, slices, endpoints, expectations, gone);
        return undefined;
      },
    });
    await runControllers(context, client, informers, [controller], ready);
  },
};

async function reconcile(
  client: Client,
  key: string,
  services: Informer<Service>,
  pods: Informer<Pod>,
  slices: Informer<EndpointSlice>,
  endpoints: Informer<Endpoints>,
  expectations: Expectations,
  gone: Set<string>,
): Promise<void> {
  if (!expectations.areMet(key, client.clock.now())) return;
  const { namespace, name } = splitKey(key);
  const service = services.get(key);
  const madeBy = (manager: string): readonly EndpointSlice[] =>
    slices.byIndex('service', key).filter(({ metadata }) => metadata.labels?.[managedByLabel] === manager);
  if (service === undefined) {
    // The collector takes slices through their owner; Endpoints have none upstream and go here. Those that somebody made
    // for no Service are his.
    const left = endpoints.get(key);
    const isOurs = left?.metadata.labels?.[endpointsManagedByLabel] === endpointsManagerName;
    if (left !== undefined && (isOurs || gone.has(key)))
      await unlessGone(client.resource(resources.endpoints, namespace).delete(name));
    gone.delete(key);
    return;
  }
  gone.delete(key);
  const { selector } = service.spec ?? {};
  if (service.spec?.type === 'ExternalName' || service.metadata.deletionTimestamp !== undefined) return;
  const present = endpoints.get(key);
  if (selector === undefined || Object.keys(selector).length === 0) {
    // Whose pods these are says somebody else, in Endpoints of his own.
    const mirrored = present !== undefined && isMirrored(present) ? present : undefined;
    await write(client, key, planMirrors(mirrored, madeBy(mirrorName)), expectations);
    return;
  }
  const selected = pods.byIndex('namespace', namespace).filter((pod) => matchesLabels(selector, pod.metadata.labels));
  const mirrors = madeBy(mirrorName);
  if (mirrors.length > 0) await write(client, key, planMirrors(undefined, mirrors), expectations);
  await write(client, key, planSlices(service, selected, madeBy(managerName)), expectations, () =>
    writeEndpoints(client, planEndpoints(service, selected), present),
  );
}

async function write(
  client: Client,
  key: string,
  plan: SlicePlan,
  expectations: Expectations,
  beside: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const slices = client.resource(resources.endpointSlices, splitKey(key).namespace);
  try {
    await Promise.all([
      ...plan.creates.map(async (slice) => {
        const created = await slices.create(slice);
        expectations.expect(key, created.metadata.uid ?? '', client.clock.now());
      }),
      ...plan.updates.map((slice) => slices.update(slice)),
      ...plan.deletes.map((slice) => unlessGone(slices.delete(slice.metadata.name ?? ''))),
      beside(),
    ]);
  } catch (error) {
    if (!isNamespaceTerminating(error)) throw error;
  }
}

async function writeEndpoints(client: Client, wanted: Endpoints, present: Endpoints | undefined): Promise<void> {
  const resource = client.resource(resources.endpoints, wanted.metadata.namespace);
  if (present === undefined) {
    try {
      await resource.create(wanted);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  } else if (!isSame(wanted.subsets ?? [], present.subsets ?? [])) {
    const { subsets: _, ...rest } = present;
    await resource.update({ ...rest, ...(wanted.subsets === undefined ? {} : { subsets: wanted.subsets }) });
  }
}

async function unlessGone(deletion: Promise<unknown>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

function selects(service: Service, pod: Pod): boolean {
  const selector = service.spec?.selector ?? {};
  return Object.keys(selector).length > 0 && matchesLabels(selector, pod.metadata.labels);
}

function serviceOfSlice(slice: EndpointSlice): string[] {
  const service = slice.metadata.labels?.[serviceNameLabel];
  return service === undefined ? [] : [`${slice.metadata.namespace ?? ''}/${service}`];
}

/** What of a pod endpoints depend on; heartbeats and restarts that change none of it are not looked at. */
function view({ metadata, spec, status }: Pod): string {
  const ready = status?.conditions?.find((condition) => condition.type === 'Ready')?.status;
  return JSON.stringify([
    metadata.labels,
    metadata.deletionTimestamp,
    spec.nodeName,
    status?.podIP,
    status?.phase,
    ready,
  ]);
}
