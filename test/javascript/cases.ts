/** One-line programs in a sealed image: what they give under Node, they give there. */

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Case } from '@diatom/libos/js/testing/cases/index.ts';
import { bodyOf, runCase } from '@diatom/libos/js/testing/show.ts';
import type { RunningApplication, StartApplication } from '../conformance/application.ts';

const testing = dirname(createRequire(import.meta.url).resolve('@diatom/libos/js/testing/show.ts'));

type CasesByArea = Readonly<Record<string, readonly Case[]>>;

/** A program whose routes are the areas: each runs its cases, which are part of the program, as an image has no eval. */
function programOf(cases: CasesByArea): string {
  const areas = Object.entries(cases).map(([area, list]) => {
    const bodies = list.map((one) => `async () => { ${bodyOf(typeof one === 'string' ? one : one[0])} },`);
    return `${area}: [\n${bodies.join('\n')}\n],`;
  });
  return `
import { showOutcome } from ${JSON.stringify(join(testing, 'show.ts'))};

const cases = {
${areas.join('\n')}
};

export default {
  async fetch(request) {
    const answers = [];
    for (const run of cases[new URL(request.url).pathname.slice(1)]) answers.push(await showOutcome(run));
    return Response.json(answers);
  },
};
`;
}

export function testCases(cases: CasesByArea, target: string, start: StartApplication): void {
  let running: RunningApplication;
  let directory: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'diatom-cases-'));
    const file = join(directory, 'app.ts');
    await writeFile(file, programOf(cases));
    running = await start(file, {});
  });
  after(async () => {
    await running[Symbol.asyncDispose]();
    await rm(directory, { recursive: true });
  });

  for (const [area, list] of Object.entries(cases)) {
    test(`${target}: ${area}: ${list.length} cases give in an image what Node gives`, async () => {
      const response = await fetch(`http://127.0.0.1:${running.address.port}/${area}`);
      const answers = (await response.json()) as readonly string[];
      const differences: string[] = [];
      for (const [index, one] of list.entries()) {
        const [code, standard] = typeof one === 'string' ? [one, undefined] : one;
        const expected = standard ?? (await runCase(code, {}));
        if (answers[index] !== expected) {
          differences.push(`${code}\n    expected ${expected}\n    got      ${answers[index]}`);
        }
      }
      assert.equal(differences.length, 0, `\n${differences.join('\n')}`);
    });
  }
}
