import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from '../command.ts';
import { homeOf } from '../home.ts';
import { openImageStore } from '../image-store.ts';
import { openEgress } from '../run/egress.ts';
import { imageFor } from '../run/image.ts';
import { createReport } from '../run/report.ts';
import { runMachine } from '../run/run-machine.ts';
import { runSlot } from '../run/run-slot.ts';
import { slotSpec } from '../run/slot.ts';
import { checkOptions, parseTarget, targets } from '../run/target.ts';
import { openTender } from '../run/tender.ts';

export const run: Command = {
  name: 'run',
  does: 'Run an image, or a source file, in the foreground',
  operands: [{ name: 'IMAGE|FILE' }],
  options: [
    {
      name: 'publish',
      short: 'p',
      value: 'HOSTPORT:PORT',
      isRepeatable: true,
      does: 'Open this port of the image there (default: all as they are)',
    },
    { name: 'env', short: 'e', value: 'NAME=VALUE', isRepeatable: true, does: 'Set a variable of its environment' },
    { name: 'memory', value: 'BYTES', does: 'At most this much memory, like 16Mi (default: what the image declares)' },
    { name: 'idle', value: 'TIME', does: 'Boot on the first connection, sleep after this long without one' },
    { name: 'time-limit', value: 'TIME', does: 'End it when it has run this long' },
    {
      name: 'target',
      value: 'NAME',
      does:
        'process: sealed, native (default). hvt: in a virtual machine of its own, on KVM. node: the WebAssembly in V8. ' +
        'virtio: in QEMU',
    },
    { name: 'per-connection', does: 'hvt: boot a virtual machine for each connection, and end it with that' },
    { name: 'accelerator', value: 'NAME', does: 'virtio: kvm, tcg (emulation) or auto (default: kvm where it opens)' },
    { name: 'net', value: 'BACKEND', does: "virtio: a network device; as QEMU's -netdev, without its id" },
    { name: 'block', value: 'FILE[:ro]', does: 'virtio: a disk with the content of this file' },
    { name: 'json', does: 'Print one line of JSON per event, console lines too' },
  ],
  notes: [
    'A source file may be named by its folder, written as a path: examples/hello, or ./hello.',
    'Ports are opened on 127.0.0.1. What the image writes to its console goes to stdout. The exit status is that of the ' +
      'image, and 0 when Ctrl-C stopped it.',
  ],
  examples: [
    'diatom run hello',
    'diatom run examples/hello -p 8000:8080 --idle 5s',
    'diatom run hello --target hvt --per-connection',
  ],
  run: async ({ operands: [operand = ''], options, terminal, environment, interruption }) => {
    const home = homeOf(environment);
    const store = openImageStore(home);
    const target = parseTarget(options.text('target') ?? 'process', targets);
    checkOptions(options, target);
    const { image, path } = await imageFor(operand, target, store, terminal);
    const report = createReport(terminal, image.reference, options.has('json'));
    if (target === 'virtio') return await runMachine(image, path, store, options, report, interruption());
    const directory = await mkdtemp(join(tmpdir(), 'diatom-run-'));
    try {
      await using egress = await openEgress(target, image.manifest, directory);
      const spec = slotSpec(options, {
        target: target === 'hvt' ? 'hvt' : 'process',
        manifest: image.manifest,
        imagePath: path,
        logPath: join(directory, 'console.log'),
        ...(egress === undefined ? {} : { egressPath: egress.socketPath }),
      });
      const tender = await openTender(target, home, directory, (text) => terminal.note(text));
      return await runSlot(tender, spec, report, interruption());
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};
