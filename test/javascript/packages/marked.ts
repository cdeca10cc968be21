import { Marked } from 'marked';

const text = `
# A *title* with \`code\`

Some **bold** and _soft_ words, a [link](https://h.example/?a=b&c "t"), <b>html</b> and ~~gone~~.

1. one
2. two
   - nested
   - [x] done

| left | right |
| :--- | ----: |
| a    |     1 |

> quoted
> twice

\`\`\`ts
const a: number = 1 < 2 ? 1 : 2;
\`\`\`

![image](i.png) https://auto.example &amp; &copy;
`;

export async function marked(): Promise<unknown> {
  const custom = new Marked({
    renderer: {
      heading: ({ tokens, depth }) => `<h${depth} class="x">${tokens.map(({ raw }) => raw).join('')}</h${depth}>`,
    },
  });
  return [
    await new Marked({ gfm: true, breaks: true }).parse(text),
    await custom.parse('## two'),
    new Marked().lexer('a **b**'),
  ];
}
