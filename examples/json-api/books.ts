/**
 * A JSON API with hono and zod: `diatom run examples/json-api/books.ts`. Books live in the memory of the instance and are
 * forgotten when it sleeps.
 */
import { type Context, Hono } from 'hono';
import type { z } from 'zod';
import { type Book, bookChange, newBook } from './book.ts';

const books = new Map<number, Book>();
let lastId = 0;

const app = new Hono();

/** The body as the schema describes it, or the answer that says what is wrong with it. */
async function readBody<Schema extends z.ZodType>(
  context: Context,
  schema: Schema,
): Promise<{ readonly value: z.output<Schema> } | { readonly refusal: Response }> {
  const body: unknown = await context.req.json().catch(() => undefined);
  if (body === undefined) return { refusal: context.json({ error: 'the body is not JSON' }, 400) };
  const { success, data, error } = schema.safeParse(body);
  if (success) return { value: data };
  const issues = error.issues.map(({ path, message }) => ({ field: path.join('.'), message }));
  return { refusal: context.json({ error: 'the body is not a book', issues }, 422) };
}

const find = (context: Context): Book | undefined => books.get(Number(context.req.param('id')));
const missing = (context: Context): Response => context.json({ error: `there is no ${context.req.path}` }, 404);

app.get('/books', (context) => {
  const tag = context.req.query('tag');
  return context.json([...books.values()].filter(({ tags }) => tag === undefined || tags.includes(tag)));
});

app.post('/books', async (context) => {
  const body = await readBody(context, newBook);
  if ('refusal' in body) return body.refusal;
  const book: Book = { id: ++lastId, ...body.value };
  books.set(book.id, book);
  return context.json(book, 201, { location: `/books/${book.id}` });
});

app.get('/books/:id{[0-9]+}', (context) => {
  const book = find(context);
  return book === undefined ? missing(context) : context.json(book);
});

app.patch('/books/:id{[0-9]+}', async (context) => {
  const book = find(context);
  if (book === undefined) return missing(context);
  const body = await readBody(context, bookChange);
  if ('refusal' in body) return body.refusal;
  const given = Object.fromEntries(Object.entries(body.value).filter(([, value]) => value !== undefined));
  const changed: Book = { ...book, ...given };
  books.set(book.id, changed);
  return context.json(changed);
});

app.delete('/books/:id{[0-9]+}', (context) => {
  const book = find(context);
  if (book === undefined) return missing(context);
  books.delete(book.id);
  return context.body(null, 204);
});

app.notFound(missing);

export default app;
