/** A page of fifty rows, rendered for each request. */
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';

interface RowProperties {
  readonly index: number;
}

const Row = ({ index }: RowProperties) =>
  createElement(
    'tr',
    { className: index % 2 === 0 ? 'even' : 'odd' },
    createElement('td', null, `item ${index}`),
    createElement('td', { title: `a < ${index}` }, index * index),
  );

const rows = Array.from({ length: 50 }, (_, index) => index);

const Page = ({ path }: { readonly path: string }) =>
  createElement(
    'html',
    { lang: 'en' },
    createElement('head', null, createElement('title', null, path)),
    createElement(
      'body',
      null,
      createElement(
        'table',
        null,
        createElement('tbody', null, ...rows.map((index) => createElement(Row, { key: index, index }))),
      ),
    ),
  );

export default {
  fetch: (request: Request) =>
    new Response(`<!DOCTYPE html>${renderToString(createElement(Page, { path: new URL(request.url).pathname }))}`, {
      headers: { 'content-type': 'text/html; charset=utf-8' },
    }),
};
