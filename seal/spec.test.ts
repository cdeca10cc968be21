/** The WebAssembly spec suite as native code. Needs the scripts in ../shared/data and wast2json (Debian package wabt). */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runSpecScript } from './testing/spec-script.ts';
import { convertScript } from './testing/wast-source.ts';

const scripts = join(import.meta.dirname, '../../shared/data/wasm-testsuite');
const features = ['--enable-multi-memory', '--enable-tail-call', '--enable-extended-const'];

function missing(): string | false {
  if (!existsSync(scripts)) return `no spec scripts in ${scripts}`;
  if (spawnSync('wast2json', ['--version']).error !== undefined)
    return 'wast2json is not installed (apt-get install wabt)';
  return false;
}

const addTo = (totals: Map<string, number>, counts: ReadonlyMap<string, number>): void => {
  for (const [key, value] of counts) totals.set(key, (totals.get(key) ?? 0) + value);
};

const lines = (counts: ReadonlyMap<string, number>) => [...counts].map(([key, value]) => `  ${value} ${key}`);

test('every core script passes natively', { skip: missing() }, (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-spec-'));
  try {
    const passed = new Map<string, number>();
    const skipped = new Map<string, number>();
    const leftOut = new Map<string, number>();
    const failures: string[] = [];
    for (const script of readdirSync(scripts).sort()) {
      if (!script.endsWith('.wast')) continue;
      const json = join(directory, script.replace('.wast', '.json'));
      const converted = convertScript(readFileSync(join(scripts, script), 'utf8'), features, json);
      if (converted.removed.length > 0) leftOut.set(script, converted.removed.length);
      if (!converted.ok) {
        failures.push(`${script}: wast2json reads nothing of it`);
        continue;
      }
      const result = runSpecScript(json);
      addTo(passed, result.passed);
      addTo(skipped, result.skipped);
      failures.push(...result.failures.map((line) => `${script}: ${line}`));
    }
    const total = [...passed.values()].reduce((sum, value) => sum + value, 0);
    context.diagnostic([`${total} passed`, ...lines(passed), 'not run', ...lines(skipped)].join('\n'));
    context.diagnostic(['places in text syntax that wast2json does not know, left out', ...lines(leftOut)].join('\n'));
    assert.deepEqual(failures, []);
    assert.ok(total > 40_000, `only ${total} assertions ran`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
