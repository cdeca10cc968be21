/** A page rendered by React on the server, sent as it is made: `diatom run examples/react-page/page.tsx`. */
import { Suspense, use } from 'react';
import { renderToReadableStream } from 'react-dom/server';
import { type Diatom, diatoms } from './diatoms.ts';

function Row({ name, shape, micrometres }: Diatom) {
  return (
    <tr>
      <td>
        <em>{name}</em>
      </td>
      <td>{shape}</td>
      <td>{micrometres} µm</td>
    </tr>
  );
}

/** What has to be waited for: the page before it is sent at once, this follows. */
function Total({ loading }: { readonly loading: Promise<number> }) {
  return <p id="total">{use(loading)} µm in a row</p>;
}

function Page({ shape, found }: { readonly shape: string | null; readonly found: readonly Diatom[] }) {
  const total = new Promise<number>((resolve) => {
    setTimeout(() => resolve(found.reduce((sum, { micrometres }) => sum + micrometres, 0)), 20);
  });
  return (
    <html lang="en">
      <head>
        <title>Diatoms</title>
      </head>
      <body>
        <h1>{shape === null ? 'Diatoms' : `Diatoms, ${shape}`}</h1>
        <table>
          <tbody>
            {found.map((diatom) => (
              <Row key={diatom.name} {...diatom} />
            ))}
          </tbody>
        </table>
        <Suspense fallback={<p>Measuring …</p>}>
          <Total loading={total} />
        </Suspense>
      </body>
    </html>
  );
}

export default {
  async fetch(request: Request): Promise<Response> {
    const shape = new URL(request.url).searchParams.get('shape');
    const found = diatoms.filter((diatom) => shape === null || diatom.shape === shape);
    const stream = await renderToReadableStream(<Page shape={shape} found={found} />);
    return new Response(stream, { headers: { 'content-type': 'text/html; charset=utf-8' } });
  },
} satisfies Application;
