/** `npm run bench -- boot|http|edge|api|seal|vm [--json]`: measures Diatom and its peers in one run (docs/bench.md). */
import { parseArgs } from 'node:util';
import { createTerminal } from '@diatom/cli/terminal';
import { benchApi } from './api.ts';
import { benchBoot } from './boot.ts';
import { benchEdge } from './edge.ts';
import { benchHttp } from './http.ts';
import { formatReport, type Report } from './report.ts';
import { benchSeal } from './seal.ts';
import { benchVm } from './vm.ts';

interface Bench {
  readonly name: string;
  readonly does: string;
  /** What can be named behind it to measure only that. */
  readonly operands?: string;
  run(progress: (text: string) => void, names: readonly string[]): Promise<Report>;
}

const benches: readonly Bench[] = [
  { name: 'boot', does: 'spawn to first HTTP response, memory after one request', run: benchBoot },
  { name: 'http', does: 'requests per second, processor time per request', run: benchHttp },
  {
    name: 'edge',
    does: 'TypeScript handlers in an image and in Node, Bun, Deno, workerd: start, memory, processor time, size',
    operands: '[CASE...]',
    run: benchEdge,
  },
  {
    name: 'api',
    does: 'the kernel beside etcd and kube-apiserver: writes, reads, lists, watches, start, memory',
    operands: '[SUBJECT|MEASURE...]',
    run: benchApi,
  },
  {
    name: 'seal',
    does: 'compiled code beside V8 and wasm2c with gcc: run time, compile time, code size',
    operands: '[PROGRAM...]',
    run: benchSeal,
  },
  {
    name: 'vm',
    does: 'virtual machines: spawn to first line and response, size, memory, one per request, 500 idle',
    run: benchVm,
  },
];

const terminal = createTerminal(process.stdout, process.stderr, process.env);
const usage = [
  'Usage: npm run bench -- NAME [--json]',
  '',
  ...benches.map(({ name, operands = '', does }) => `  ${`${name} ${operands}`.padEnd(27)} ${does}`),
].join('\n');

interface Wanted {
  readonly bench: Bench;
  readonly names: readonly string[];
  readonly isJson: boolean;
}

function parse(): Wanted | string {
  try {
    const options = { json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } } as const;
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (values.help) return 'help';
    const [first, ...names] = positionals;
    const bench = benches.find(({ name }) => name === first);
    if (bench === undefined || (bench.operands === undefined && names.length > 0)) return usage;
    return { bench, names, isJson: values.json === true };
  } catch (error) {
    return `${error instanceof Error ? error.message : error}\n${usage}`;
  }
}

const parsed = parse();
if (parsed === 'help') {
  terminal.print(usage);
  process.exit(0);
}
if (typeof parsed === 'string') {
  terminal.note(parsed);
  process.exit(2);
}
// Ctrl-C reaches the measured servers too: they are in the same process group.
try {
  const report = await parsed.bench.run((text) => terminal.note(`${parsed.bench.name}: ${text}`), parsed.names);
  terminal.print(formatReport(report));
  if (parsed.isJson) terminal.printJson({ bench: report.bench, rows: report.rows });
} catch (error) {
  terminal.note(`${parsed.bench.name} failed: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
