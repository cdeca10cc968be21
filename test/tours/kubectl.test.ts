/** The scripted tour with kubectl 1.20, 1.24, 1.28, 1.31 and 1.35 against a kernel without servers. */
import { test } from 'node:test';
import { needsRelease, releases } from '../kubectl.ts';
import { startShell, tour } from './shell.ts';
import { steps } from './steps.ts';

for (const release of releases) {
  test(`a tour with kubectl ${release}`, await needsRelease(release), async () => {
    await using shell = await startShell(release);
    await tour(shell, release, steps);
  });
}
