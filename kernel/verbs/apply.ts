/** Server-side apply. */
import type { ApiResponse } from '@diatom/sdk/api';
import { unsupportedMediaType } from '../wire/status.ts';
import type { Call, Context } from './context.ts';
import { patchTypes } from './patch.ts';

export function apply(_context: Context, call: Call): Promise<ApiResponse> {
  throw unsupportedMediaType(patchTypes(call.kind.nature).slice(0, -1));
}
