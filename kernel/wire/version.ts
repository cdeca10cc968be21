/** GET /version: the Kubernetes version whose behaviour is served. */
import type { ApiResponse } from '@diatom/sdk/api';
import { jsonHeaders } from './encode-answer.ts';

export const buildInfo = {
  major: '1',
  minor: '35',
  emulationMajor: '1',
  emulationMinor: '35',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '34',
  gitVersion: 'v1.35.0+diatom',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: 'node',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
} as const;

export function version(): ApiResponse {
  return { status: 200, headers: jsonHeaders, body: JSON.stringify(buildInfo, null, 2) };
}
