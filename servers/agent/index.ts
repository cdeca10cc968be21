/**
 * agent: runs the pods bound to this machine through a tender and says how they are. It speaks nothing but the
 * Kubernetes API upwards and the tender's protocol downwards; losing either loses no instance.
 */
import { watch } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { connectPort, EventRecorder } from '@diatom/sdk';
import { createImageStore, probeHvt, startEgress } from '@diatom/tender';
import { podAddresses } from '../addresses/address-pool.ts';
import type { Server } from '../server.ts';
import { Agent } from './agent.ts';
import { startLogServer } from './log/log-server.ts';
import { heartbeatMs, NodeRegistration } from './node/registration.ts';
import type { Runtimes } from './pod/runtime.ts';
import type { AgentSettings } from './settings.ts';
import { openTender, TenderLink } from './tender-link.ts';

const hostIP = '127.0.0.1';

export const server: Server = {
  name: 'agent',
  rules: [
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'create', 'patch'] },
    { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
    { apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'patch'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch', 'delete'] },
    { apiGroups: [''], resources: ['pods/status'], verbs: ['patch'] },
    { apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['get'] },
    { apiGroups: [''], resources: ['services'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['node.k8s.io'], resources: ['runtimeclasses'], verbs: ['get'] },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
  ],
  async run({ port, settings, log, signal }, ready) {
    // The supervisor hands settings over as plain data; their shape is `AgentSettings` by contract with the cell.
    const own = settings as unknown as AgentSettings;
    const { nodeName, dataDirectory, imageStoreDirectory, addressRange, tls } = own;
    const client = connectPort(port, { userAgent: 'diatom-agent' });
    const events = new EventRecorder(client, { component: 'kubelet', host: nodeName, log });
    await mkdir(imageStoreDirectory, { recursive: true });
    const runtimes = await runtimesOf(own.tender);
    if (runtimes.kind === 'process' && runtimes.hvtProblem !== undefined) {
      log(`no virtual machines (hvt) on this node: ${runtimes.hvtProblem}`);
    }
    const egressPath = egressPathOf(own.tender);
    const agent = new Agent({
      client,
      events,
      log,
      addresses: podAddresses(addressRange),
      addressRange,
      around: {
        client,
        images: createImageStore(imageStoreDirectory),
        imageStoreDirectory,
        dataDirectory,
        runtimes,
        egressPath,
        facts: { hostIP, nodeName },
      },
    });
    // The API server and whoever else has a certificate of the cell are trusted by pods, at their addresses in the cell.
    const outgoing = { ...agent.egressRules, ownCertificates: [await readFile(tls.clientAuthorityPath, 'utf8')] };
    const tender = new TenderLink({
      open: () => openTender(own.tender, outgoing),
      onEvent: (event) => agent.onTenderEvent(event),
      onReturn: (slots) => agent.onTenderReturn(slots),
      log,
    });
    const logs = await startLogServer({
      tls,
      host: hostIP,
      pods: () => agent.pods,
      find: (namespace, pod, container, previous) => agent.findLog(namespace, pod, container, previous),
    });
    const egress = egressPath === '' ? undefined : await startEgress({ ...outgoing, socketPath: egressPath, log });
    const registration = new NodeRegistration(client, dataDirectory, {
      name: nodeName,
      addressRange,
      hostIP,
      logPort: logs.port,
      runtimes,
    });
    const images = watch(imageStoreDirectory, () => agent.onImagesChanged());
    let heartbeat: NodeJS.Timeout | undefined;
    try {
      const slots = await tender.open();
      await registration.register(tender.problem);
      heartbeat = setInterval(() => {
        registration.beat(tender.problem).catch((error: unknown) => log(`heartbeat: ${String(error)}`));
      }, heartbeatMs);
      await agent.run(tender, slots, signal, ready);
    } finally {
      clearInterval(heartbeat);
      images.close();
      // Asked to stop means that the whole cell stops: nothing may be left running. (A crash leaves the instances to the tender.)
      if (signal.aborted) await stopAll(tender, log);
      await tender.close();
      await egress?.close();
      await logs.close();
    }
  },
};

/** Beside the tender's own socket, in a directory that is its owner's alone. The node tender needs none. */
const egressPathOf = (tender: AgentSettings['tender']): string =>
  tender.kind === 'node' ? '' : join(dirname(tender.socketPath), 'egress.sock');

/** Found out anew at each start: a machine may get its KVM later. */
async function runtimesOf(tender: AgentSettings['tender']): Promise<Runtimes> {
  return tender.kind === 'node' ? tender : { kind: 'process', hvtProblem: await probeHvt(tender.binaryPath) };
}

async function stopAll(tender: TenderLink, log: (message: string) => void): Promise<void> {
  try {
    await Promise.all((await tender.list()).map(({ id }) => tender.stop(id, stopGraceMs)));
  } catch (error) {
    log(
      `stopping what runs: ${error instanceof Error ? error.message : String(error)}; the tender ends it within a minute`,
    );
  }
}

/** Within the supervisor's own patience for a server that stops. */
const stopGraceMs = 2_000;
