import { QueryClient } from '@tanstack/react-query';
import { announce } from './announcements.ts';
import { watchConnection } from './connection.ts';
import { createOutbox } from './outbox.ts';
import { rememberOwnRating } from './visitor.ts';
import type { Write } from './write.ts';

/** `send` retries by itself; and a browser without a network still reaches a shop on its own machine. */
export const queryClient = new QueryClient({
  defaultOptions: { queries: { retry: false, networkMode: 'always', staleTime: 5_000 } },
});

function toSubject({ content }: Write): string {
  return content.kind === 'rating' ? 'Your rating' : 'Your comment';
}

export const outbox = createOutbox({
  onAccepted: ({ itemId, content }) => {
    if (content.kind === 'rating') rememberOwnRating(itemId, content.rating);
  },
  onSaved: (write) => {
    announce(`${toSubject(write)} is saved.`);
    void queryClient.invalidateQueries({ queryKey: ['item', write.itemId] });
  },
  onFailed: (write) => announce(`${toSubject(write)} could not be saved.`),
});

/** Called once at the page's start. */
export function openShop(): void {
  outbox.resume();
  watchConnection(() => {
    outbox.resume();
    void queryClient.refetchQueries({ type: 'active', predicate: (query) => query.state.status === 'error' });
  });
}
