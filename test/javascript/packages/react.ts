import { createElement, Fragment, type ReactNode, Suspense, use, useId, useMemo } from 'react';
import { renderToReadableStream, renderToString } from 'react-dom/server';

function List({ count }: { readonly count: number }): ReactNode {
  const id = useId();
  const items = useMemo(() => Array.from({ length: count }, (_, index) => index), [count]);
  return createElement(
    'ul',
    { id, className: 'list', style: { color: 'red', marginTop: 3 } },
    items.map((index) =>
      createElement('li', { key: index, title: `<${index}>`, onClick: () => undefined }, 'item ', index),
    ),
  );
}

function Late({ text }: { readonly text: Promise<string> }): ReactNode {
  return createElement('p', null, use(text));
}

function Page(): ReactNode {
  const text = new Promise<string>((resolve) => setTimeout(() => resolve('late & <escaped>'), 5));
  return createElement(
    'html',
    { lang: 'en' },
    createElement('head', null, createElement('title', null, 'Page')),
    createElement(
      'body',
      null,
      createElement(List, { count: 2 }),
      createElement(Suspense, { fallback: 'loading' }, createElement(Late, { text })),
    ),
  );
}

export async function react(): Promise<unknown> {
  const errors: string[] = [];
  const stream = await renderToReadableStream(createElement(Page), {
    onError: (error) => void errors.push(String(error)),
  });
  await stream.allReady;
  return [
    renderToString(createElement(Fragment, null, createElement(List, { count: 3 }), 'a & b', null, false)),
    await new Response(stream).text(),
    errors,
  ];
}
