/** The Service `default/kubernetes` and its EndpointSlice: how programs in the cell find the API server. */
import { type Client, type EndpointSlice, isAlreadyExists, isNotFound, resources, type Service } from '@diatom/sdk';
import type { GatewaySettings } from './settings.ts';

const name = 'kubernetes';
const namespace = 'default';
const labels = { component: 'apiserver', provider: 'kubernetes' };
const port = { name: 'https', port: 443, protocol: 'TCP' } as const;

export const apiServiceKey = `${namespace}/${name}`;

/** Makes both true; to be called at every start, as the kernel's port may have changed, and when somebody deleted one. */
export async function publishApiService(client: Client, { kernel }: GatewaySettings): Promise<void> {
  const service: Service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels },
    spec: { type: 'ClusterIP', sessionAffinity: 'None', ports: [{ ...port, targetPort: kernel.port }] },
  };
  try {
    await client.resource(resources.services, namespace).create(service);
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    await client
      .resource(resources.services, namespace)
      .patch(name, { kind: 'merge', changes: { spec: { ports: service.spec?.ports } } });
  }
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [kernel.address], conditions: { ready: true } }],
    ports: [{ name: port.name, port: kernel.port, protocol: port.protocol }],
  };
  const slices = client.resource(resources.endpointSlices, namespace);
  try {
    await slices.patch(name, { kind: 'merge', changes: { endpoints: slice.endpoints, ports: slice.ports } });
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await slices.create(slice);
  }
}
