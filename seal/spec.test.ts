/** The WebAssembly spec suite as native code. Needs the scripts in ../shared/data and wast2json (Debian package wabt). */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runSpecScript } from './testing/spec-script.ts';

const scripts = join(import.meta.dirname, '../../shared/data/wasm-testsuite');
const features = ['--enable-multi-memory', '--enable-tail-call', '--enable-extended-const'];

function missing(): string | false {
  if (!existsSync(scripts)) return `no spec scripts in ${scripts}`;
  if (spawnSync('wast2json', ['--version']).error !== undefined)
    return 'wast2json is not installed (apt-get install wabt)';
  return false;
}

/** Modules that import from each other, which an image cannot. */
const needsLinking = /import of /;

test('every core script passes natively', { skip: missing() }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-spec-'));
  try {
    let passed = 0;
    const failures: string[] = [];
    for (const script of readdirSync(scripts).sort()) {
      if (!script.endsWith('.wast') || script.startsWith('simd_')) continue;
      const json = join(directory, script.replace('.wast', '.json'));
      // Scripts in newer text syntax than wast2json knows are left out.
      if (spawnSync('wast2json', [...features, join(scripts, script), '-o', json]).status !== 0) continue;
      const result = runSpecScript(json);
      passed += result.passed;
      failures.push(...result.failures.filter((line) => !needsLinking.test(line)).map((line) => `${script}: ${line}`));
    }
    assert.deepEqual(failures, []);
    assert.ok(passed > 20_000, `only ${passed} assertions ran`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
