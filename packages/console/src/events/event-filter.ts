import type { Event } from '@alwayson/protocol/operations.ts';

/** `warning` means warning and worse. */
export type SeverityFilter = 'all' | 'warning' | 'error';

export interface EventFilter {
  severity: SeverityFilter;
  /** Words that must all occur, in any case, in what is shown of the event. */
  text: string;
}

export function filterEvents(events: readonly Event[], filter: EventFilter): readonly Event[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  if (filter.severity === 'all' && words.length === 0) return events;
  return events.filter((event) => isSevere(event, filter.severity) && hasWords(event, words));
}

function isSevere(event: Event, filter: SeverityFilter): boolean {
  return filter === 'all' || event.severity === 'error' || event.severity === filter;
}

function hasWords(event: Event, words: readonly string[]): boolean {
  const text = `${event.type} ${event.entity} ${event.message} ${event.operation ?? ''}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
