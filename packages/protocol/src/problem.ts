import { z } from 'zod';

/** RFC 9457 problem details, as every HTTP API of AlwaysOn answers an error. `code` is from the error catalogue. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string().optional(),
  /** What to do next. */
  hint: z.string().optional(),
  correlationId: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;

export const problemContentType = 'application/problem+json';
