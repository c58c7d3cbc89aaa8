import { z } from 'zod';

/**
 * The writes that go through the queue, as the API sends and the worker reads them. The queue outlives a release, so
 * fields may be added with a default, never renamed or removed while an older entry can still be waiting.
 */
const id = z.guid();
const creationDate = z.iso.datetime();
const isTest = z.boolean().default(false);

export const AddComment = z.object({
  id,
  itemId: id,
  authorName: z.string(),
  text: z.string(),
  creationDate,
  isTest,
});
export type AddComment = z.infer<typeof AddComment>;

export const AddRating = z.object({
  id,
  itemId: id,
  rating: z.int().min(1).max(5),
  creationDate,
  isTest,
});
export type AddRating = z.infer<typeof AddRating>;

/** A comment or vote of an item. */
export const DeleteEntry = z.object({ id, itemId: id });
export type DeleteEntry = z.infer<typeof DeleteEntry>;

export const DeleteItem = z.object({ itemId: id });
export type DeleteItem = z.infer<typeof DeleteItem>;

/** Type of an entry -> its body. */
export const queueEntries = {
  'add-comment': AddComment,
  'add-rating': AddRating,
  'delete-item': DeleteItem,
  'delete-comment': DeleteEntry,
  'delete-rating': DeleteEntry,
} as const;
export type QueueEntries = { [Type in keyof typeof queueEntries]: z.infer<(typeof queueEntries)[Type]> };
