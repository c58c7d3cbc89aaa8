import { ApiError } from '../api/api-error.ts';
import { isRecord } from '../api/is-record.ts';
import type { Write } from './write.ts';

const storageKey = 'hearth-and-trail.outbox.1';

/** The writes that were not finished when the page was left. An unreadable store counts as empty. */
export function loadWrites(): Write[] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(storageKey) ?? '[]');
    return Array.isArray(stored) ? stored.filter(isWrite).map(revive) : [];
  } catch {
    return [];
  }
}

export function storeWrites(writes: readonly Write[]): void {
  try {
    // What is saved, the server tells by itself after a reload.
    const unfinished = writes.filter((write) => write.state.phase !== 'saved');
    sessionStorage.setItem(storageKey, JSON.stringify(unfinished));
  } catch {
    // Storage may be full or forbidden: the writes then live as long as the page, as in any other shop.
  }
}

/** This page alone writes the store, under a key that changes with its shape: a look at the frame is enough. */
function isWrite(value: unknown): value is Write {
  return (
    isRecord(value) &&
    typeof value['key'] === 'string' &&
    isRecord(value['content']) &&
    isRecord(value['state'])
  );
}

/** An error loses its class on the way through JSON. */
function revive(write: Write): Write {
  if (write.state.phase !== 'failed') return write;
  const { failure, correlationId, detail } = write.state.error;
  return { ...write, state: { phase: 'failed', error: new ApiError({ failure, correlationId, detail }) } };
}
