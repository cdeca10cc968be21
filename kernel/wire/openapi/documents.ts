/** /openapi/v2 and /openapi/v3. */
import type { ApiResponse } from '@diatom/sdk/api';
import type { Kind } from '../../kinds/kind.ts';

export interface OpenApiRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly accept: string | undefined;
  readonly ifNoneMatch: string | undefined;
  readonly kinds: readonly Kind[];
  readonly generation: number;
}

export function openapi(_request: OpenApiRequest): ApiResponse | undefined {
  return undefined;
}
