import { resolve } from 'node:path';
import type { Cell, CellOptions } from '../cell/options.ts';
import { settleProcess } from '../cell-process.ts';
import type { Command } from '../command.ts';
import { CommandError, exitStatus, usageError } from '../failure.ts';
import { homeOf } from '../home.ts';
import { nativeTender } from '../native-tender.ts';
import { parseTarget } from '../run/target.ts';
import { formatMs } from '../terminal/units.ts';

export const up: Command = {
  name: 'up',
  does: 'Start a cell: a cluster on this machine',
  operands: [],
  options: [
    { name: 'data', value: 'DIR', does: 'Where the cell keeps its state (default: cell/ in DIATOM_HOME)' },
    { name: 'port', value: 'N', does: 'Port of the API (default: that of last time, or any free one)' },
    {
      name: 'target',
      value: 'NAME',
      does: 'How pods run. process: sealed, as processes and virtual machines (default). node: in V8, to debug',
    },
    { name: 'audit-log-path', value: 'FILE', does: 'Write down who asks the API what (default: nothing is written)' },
    {
      name: 'audit-policy-file',
      value: 'FILE',
      does: 'What of it: a Policy of audit.k8s.io/v1; needed with --audit-log-path',
    },
    { name: 'verbose', short: 'v', does: 'Show what the servers of the cell say' },
    { name: 'json', does: 'Print one line of JSON when the cell is ready' },
  ],
  notes: [
    'The cell runs until Ctrl-C, which stops it and its services in order; a second Ctrl-C ends it at once. What was ' +
      'acknowledged is there when it starts again.',
  ],
  examples: ['diatom up', 'diatom up --data ./cell --port 6443'],
  run: async ({ options, terminal, environment, interruption }) => {
    await settleProcess(environment);
    const home = homeOf(environment);
    const dataDirectory = resolve(options.text('data') ?? home.cell);
    const port = parsePort(options.text('port'));
    const target = parseTarget(options.text('target') ?? 'process', ['process', 'node']);
    const audit = await auditOf(options.text('audit-log-path'), options.text('audit-policy-file'));
    const tender: CellOptions['tender'] =
      target === 'node'
        ? { kind: 'node' }
        : { kind: 'process', binaryPath: await nativeTender(home, (text) => terminal.note(text)) };
    if (tender.kind === 'process') {
      const { probeHvt } = await import('@diatom/tender/process/probe.ts');
      const problem = await probeHvt(tender.binaryPath);
      if (problem !== undefined) terminal.note(`Virtual machines (RuntimeClass hvt) do not work here: ${problem}`);
    }
    const { startCell } = await import('../cell/cell.ts');
    const signal = interruption();
    const isVerbose = options.has('verbose');
    const starting = startCell({
      dataDirectory,
      imageStoreDirectory: home.images,
      tender,
      ...(port === undefined ? {} : { port }),
      ...(audit === undefined ? {} : { audit }),
      ...(isVerbose ? { log: (source: string, line: string) => terminal.note(`${source}: ${line}`) } : {}),
    }).catch((error: unknown) => {
      throw explained(error, dataDirectory, port);
    });
    const cell = await Promise.race([starting, aborted(signal)]);
    if (cell === undefined) throw new CommandError('interrupted before the cell was ready');
    await using _ = { [Symbol.asyncDispose]: () => cell.close() };
    if (options.has('json')) terminal.printJson(summary(cell, dataDirectory));
    else {
      terminal.note(`Ready in ${formatMs(cell.readyMs)}: ${cell.address}`);
      terminal.print(`export KUBECONFIG=${cell.kubeconfigPath}`);
      terminal.note('Ctrl-C stops the cell.');
    }
    await aborted(signal);
    terminal.note('Stopping; Ctrl-C again ends it at once.');
    return exitStatus.success;
  },
};

async function aborted(signal: AbortSignal): Promise<undefined> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}

function summary(cell: Cell, dataDirectory: string): Readonly<Record<string, unknown>> {
  const { address, kubeconfigPath, readyMs, podCidr, serviceCidr } = cell;
  return { address, kubeconfig: kubeconfigPath, readyMs, dataDirectory, podCidr, serviceCidr, pid: process.pid };
}

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d+$/.test(text) ? Number(text) : -1;
  if (port < 0 || port > 65535) throw usageError(`--port: "${text}" is not a port`, 'Ports are 1 to 65535.');
  return port;
}

/** The policy is read and the log opened before anything is started, so that mistakes are said at once. */
async function auditOf(logPath: string | undefined, policyPath: string | undefined): Promise<CellOptions['audit']> {
  if (logPath === undefined && policyPath === undefined) return undefined;
  if (logPath === undefined)
    throw usageError('--audit-policy-file needs a log', 'Say where with --audit-log-path FILE.');
  if (policyPath === undefined) {
    const advice =
      'Give a Policy of audit.k8s.io/v1 with --audit-policy-file FILE; docs/cell.md has one to begin with.';
    throw usageError('--audit-log-path needs a policy', advice);
  }
  const { loadPolicy, openAuditLog } = await import('@diatom/kernel/audit');
  const audit = { logPath: resolve(logPath), policyPath: resolve(policyPath) };
  try {
    await loadPolicy(audit.policyPath);
    await (await openAuditLog(audit.logPath, () => {})).close();
  } catch (error) {
    throw new CommandError(error instanceof Error ? error.message : String(error));
  }
  return audit;
}

function explained(error: unknown, dataDirectory: string, port: number | undefined): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new CommandError(`port ${port} is in use`, 'Choose another with --port, or leave --port out.');
  }
  const isListening = error instanceof Error && 'syscall' in error && error.syscall === 'listen';
  if (code === 'EACCES' && isListening) {
    return new CommandError(`port ${port} needs root`, 'Choose one from 1024 upwards with --port.');
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new CommandError(`${dataDirectory} cannot be written`, 'Choose another directory with --data.');
  }
  return error;
}
