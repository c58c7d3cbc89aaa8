import type { Comment, RatingSummary } from '../api/model.ts';
import { toServerId, type Write } from './write.ts';

/** Comments of this visitor that the server's list does not show yet, newest first. */
export function findOwnComments(
  writes: readonly Write[],
  itemId: string,
  shown: readonly Comment[],
): Write[] {
  const shownIds = new Set(shown.map((comment) => comment.id));
  return writes.filter(
    (write) =>
      write.itemId === itemId && write.content.kind === 'comment' && !shownIds.has(toServerId(write) ?? ''),
  );
}

export function findOwnRating(writes: readonly Write[], itemId: string): Write | undefined {
  return writes.find((write) => write.itemId === itemId && write.content.kind === 'rating');
}

/**
 * The summary with the visitor's own vote in it. Until the vote is saved and the server's count has moved, it is added
 * to what the visitor saw before, so that it is never counted twice; a vote that failed is not counted at all.
 */
export function withOwnRating(summary: RatingSummary, write: Write | undefined): RatingSummary {
  if (write?.content.kind !== 'rating' || write.state.phase === 'failed') return summary;
  const { base, rating } = write.content;
  if (write.state.phase === 'saved' && summary.numberOfVotes > base.numberOfVotes) return summary;
  const numberOfVotes = base.numberOfVotes + 1;
  return {
    numberOfVotes,
    averageRating: ((base.averageRating ?? 0) * base.numberOfVotes + rating) / numberOfVotes,
  };
}
