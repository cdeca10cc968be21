import type { Case } from './index.ts';

export const patternCases: readonly Case[] = [
  `new URLPattern({ pathname: '/a/:id' }).exec('http://h/a/5').pathname.groups`,
  `new URLPattern({ pathname: '/a/:id' }).test('http://h/b/5')`,
  `new URLPattern('http://h/*').test('http://h/x/y')`,
  `new URLPattern('/x/:y?', 'http://h').exec('http://h/x').pathname.input`,
  `new URLPattern({ pathname: '/(\\\\d+)' }).test('http://h/12')`,
  `new URLPattern({ pathname: '/(\\\\d+)' }).test('http://h/ab')`,
  `new URLPattern({ hostname: '*.example.com' }).exec('http://a.example.com/').hostname.groups`,
  `new URLPattern({ search: 'q=:q' }).exec('http://h/?q=1').search.groups`,
  `const p = new URLPattern({ pathname: '/x/*' }); return [p.protocol, p.hostname, p.port, p.pathname, p.search, p.hash]`,
  `new URLPattern({ pathname: '/a{/b}?' }).test({ pathname: '/a/b' })`,
  `new URLPattern({ pathname: '/(' })`,
  `new URLPattern('/relative')`,
  `new URLPattern({ pathname: '/é' }).test('http://h/%C3%A9')`,
  `new URLPattern({ pathname: '/A' }, { ignoreCase: true }).test('http://h/a')`,
  `new URLPattern({ pathname: '/:a/:b+' }).exec('http://h/1/2/3').pathname.groups`,
  `new URLPattern({ pathname: '/a' }).exec('nonsense')`,
];
