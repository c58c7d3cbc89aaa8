import { z } from 'zod';

/** What goes over the wire. Unknown fields are ignored: older and newer releases meet. */

const text = (lengthMax: number) =>
  z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(lengthMax, `must have at most ${lengthMax} characters`)
    // Neither can be stored by every engine as it was sent.
    .refine((value) => !value.includes('\u0000') && value.isWellFormed(), 'must be valid text');

const Id = z.guid('must be a UUID').toLowerCase();

/** An address for browsers; the service itself never fetches it. */
const ImageUrl = text(2048).refine(
  (value) => /^\/(?!\/)/.test(value) || /^https?:\/\//i.test(value),
  'must be a path on this site or an http(s) URL',
);

const Price = z.number().min(0, 'must not be negative').max(1_000_000_000, 'must be at most 1000000000');

const limit = (defaultLimit: number) =>
  z.coerce
    .number('must be a whole number from 1 to 1000')
    .int('must be a whole number from 1 to 1000')
    .min(1, 'must be at least 1')
    .max(1000, 'must be at most 1000')
    .default(defaultLimit);

const version = z.string();

export const ItemsPath = z.object({ version });
export const ItemPath = z.object({ version, id: Id });
export const CommentPath = z.object({ version, id: Id, commentId: Id });
export const RatingPath = z.object({ version, id: Id, ratingId: Id });
export const ItemsQuery = z.object({ limit: limit(100), cursor: z.string().max(1000).optional() });
export const CommentsQuery = z.object({ limit: limit(10) });

export const NewItemBody = z.object({
  id: Id.optional(),
  name: text(200),
  description: text(10_000),
  price: Price,
  imageUrl: ImageUrl.nullish(),
});
export type NewItemBody = z.infer<typeof NewItemBody>;

export const ItemChangeBody = z.object({
  name: text(200).optional(),
  description: text(10_000).optional(),
  price: Price.optional(),
  imageUrl: ImageUrl.nullish(),
});
export type ItemChangeBody = z.infer<typeof ItemChangeBody>;

export const NewCommentBody = z.object({ authorName: text(100), text: text(5000) });
export const NewRatingBody = z.object({
  rating: z.int('must be a whole number from 1 to 5').min(1, 'must be 1-5').max(5, 'must be 1-5'),
});

export const ItemSummaryAnswer = z.object({
  id: z.string(),
  name: z.string(),
  imageUrl: z.string().nullable(),
  price: z.number(),
  lastUpdated: z.string(),
});
export const ItemAnswer = ItemSummaryAnswer.extend({
  description: z.string(),
  /** The average; null without votes. */
  rating: z.number().nullable(),
});
export type ItemAnswer = z.infer<typeof ItemAnswer>;

export const CommentAnswer = z.object({
  id: z.string(),
  catalogItemId: z.string(),
  authorName: z.string(),
  text: z.string(),
  creationDate: z.string(),
});
export const RatingSummaryAnswer = z.object({
  averageRating: z.number().nullable(),
  numberOfVotes: z.int(),
});
export const RatingAnswer = z.object({
  id: z.string(),
  catalogItemId: z.string(),
  rating: z.int(),
  creationDate: z.string(),
});

const ProblemAnswer = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string().optional(),
  correlationId: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
});

/** The queue holds it. */
export const accepted = z.null().describe('Durably queued; applied in a moment.');

/** For routes that need a key, in the OpenAPI document. */
export const needsKey = [{ apiKey: [] }];

/** The error answers of a route, for the OpenAPI document. */
export function problems<Status extends number>(...statuses: Status[]): Record<Status, typeof ProblemAnswer> {
  return Object.fromEntries(statuses.map((status) => [status, ProblemAnswer])) as Record<
    Status,
    typeof ProblemAnswer
  >;
}
