import { deleteComments, insertComments } from '#db/comments.ts';
import { deleteItems } from '#db/items.ts';
import { type QueueEntries, queueEntries } from '#db/queue-entries.ts';
import { deleteRatings, insertRatings } from '#db/ratings.ts';
import type { QueueHandler } from '@alwayson/sdk/queue/consumer.ts';
import type { SqlConnection } from '@alwayson/sdk/sql.ts';

/** A whole batch in one statement or two; each safe to run again with what it did before. */
const apply: { [Type in keyof QueueEntries]: BatchApplier<QueueEntries[Type]> } = {
  'add-comment': insertComments,
  'add-rating': insertRatings,
  'delete-item': (transaction, items) =>
    deleteItems(
      transaction,
      items.map(({ itemId }) => itemId),
    ),
  'delete-comment': deleteComments,
  'delete-rating': deleteRatings,
};

type BatchApplier<Body> = (transaction: SqlConnection, bodies: readonly Body[]) => Promise<void>;

function toHandler<Type extends keyof QueueEntries>(type: Type): QueueHandler {
  const schema = queueEntries[type];
  return (transaction, entries) =>
    apply[type](
      transaction,
      entries.map(({ body }) => schema.parse(body) as QueueEntries[Type]),
    );
}

/** What the queue's consumer calls, by type of entry. A body that is not as agreed throws: it is then put aside. */
export const catalogHandlers: Readonly<Record<keyof QueueEntries, QueueHandler>> = {
  'add-comment': toHandler('add-comment'),
  'add-rating': toHandler('add-rating'),
  'delete-item': toHandler('delete-item'),
  'delete-comment': toHandler('delete-comment'),
  'delete-rating': toHandler('delete-rating'),
};
