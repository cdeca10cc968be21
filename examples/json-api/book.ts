/** What a book is: the one place that says so, for the types and for the check of what comes in. */
import { z } from 'zod';

export const newBook = z.object({
  title: z.string().trim().min(1).max(200),
  author: z.string().trim().min(1).max(200),
  year: z.int().min(1450).max(2100).optional(),
  tags: z
    .array(z.string().regex(/^[a-z][a-z0-9-]*$/))
    .max(10)
    .default([]),
});

export const bookChange = newBook.partial();

export type NewBook = z.infer<typeof newBook>;

export interface Book extends NewBook {
  readonly id: number;
}
