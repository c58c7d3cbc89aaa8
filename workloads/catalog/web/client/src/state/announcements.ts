import { createStore } from './store.ts';

/** The sentence in the page's live region, which screen readers speak when it changes. */
export const announcement = createStore('');

export function announce(sentence: string): void {
  // The same sentence twice is a change too: a trailing no-break space makes it one.
  announcement.set(announcement.get() === sentence ? `${sentence}\u00a0` : sentence);
}
