/** What load is made of: one request, again and again. */
export interface LoadRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const getRoot: LoadRequest = { method: 'GET', path: '/', headers: {}, body: '' };
