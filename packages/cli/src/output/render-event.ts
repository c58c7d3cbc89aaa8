import type { Event } from '@alwayson/protocol/operations.ts';
import type { Painter } from './terminal.ts';

const formats = { info: 'gray', warning: 'yellow', error: 'red' } as const;

/** One line of history, with the local time of day. */
export function renderEvent(event: Event, { paint }: Painter): string {
  const time = new Date(event.at).toLocaleTimeString('en-GB');
  return `${time}  ${paint(formats[event.severity], event.severity.padEnd(7))}  ${event.entity}  ${event.message}`;
}
