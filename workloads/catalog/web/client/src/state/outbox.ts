import { toApiError } from '../api/api-error.ts';
import { awaitVisible, postWrite } from '../api/catalog.ts';
import { createRandomId } from '../api/random-id.ts';
import { createStore, type Store } from './store.ts';
import { loadWrites, storeWrites } from './outbox-storage.ts';
import type { Write, WriteContent, WriteState } from './write.ts';

export interface OutboxEvents {
  onAccepted: (write: Write) => void;
  onSaved: (write: Write) => void;
  onFailed: (write: Write) => void;
}

export interface Outbox {
  writes: Store<readonly Write[]>;
  add: (itemId: string, content: WriteContent) => void;
  /** Sends a failed write again, under its key. */
  retry: (key: string) => void;
  /** Forgets a failed write that the visitor takes back. */
  drop: (key: string) => void;
  /** Goes on with everything that is not finished: after a reload, or when the shop is reachable again. */
  resume: () => void;
}

const writesKept = 30;

/** The visitor's comments and ratings from "send" until the server shows them. Survives reloads of the tab. */
export function createOutbox(events: OutboxEvents): Outbox {
  const writes = createStore<readonly Write[]>(loadWrites());
  const underway = new Set<string>();
  writes.subscribe(() => storeWrites(writes.get()));

  const find = (key: string) => writes.get().find((write) => write.key === key);
  const enter = (key: string, state: WriteState): Write | undefined => {
    writes.set(writes.get().map((write) => (write.key === key ? { ...write, state } : write)));
    return find(key);
  };

  const look = async (key: string, path: string) => {
    const isVisible = await awaitVisible(path);
    const write = enter(key, isVisible ? { phase: 'saved', path } : { phase: 'accepted', path, late: true });
    if (isVisible && write) events.onSaved(write);
  };

  const deliver = async (write: Write) => {
    enter(write.key, { phase: 'sending', attempt: 1 });
    try {
      const path = await postWrite({
        itemId: write.itemId,
        ...toRequest(write.content),
        idempotencyKey: write.key,
        onRetry: (attempt) => enter(write.key, { phase: 'sending', attempt }),
      });
      const accepted = enter(write.key, { phase: 'accepted', path, late: false });
      if (accepted) events.onAccepted(accepted);
      if (path) await look(write.key, path);
    } catch (error) {
      const failed = enter(write.key, { phase: 'failed', error: toApiError(error) });
      if (failed) events.onFailed(failed);
    }
  };

  /** At most one course of work for each write at a time. */
  const work = async (write: Write) => {
    if (underway.has(write.key)) return;
    underway.add(write.key);
    try {
      if (write.state.phase !== 'accepted') await deliver(write);
      else if (write.state.path) await look(write.key, write.state.path);
    } finally {
      underway.delete(write.key);
    }
  };

  return {
    writes,
    add: (itemId, content) => {
      const createdAt = new Date().toISOString();
      const state: WriteState = { phase: 'sending', attempt: 1 };
      const write = { key: createRandomId(), itemId, createdAt, content, state };
      writes.set([write, ...makeRoom(writes.get())]);
      void work(write);
    },
    retry: (key) => {
      const write = find(key);
      if (write) void work(write);
    },
    drop: (key) => writes.set(writes.get().filter((write) => write.key !== key)),
    resume: () => {
      for (const write of writes.get()) if (isUnfinished(write)) void work(write);
    },
  };
}

/** At the bound, what is saved goes first, the oldest before the others. */
function makeRoom(writes: readonly Write[]): readonly Write[] {
  if (writes.length < writesKept) return writes;
  const saved = writes.findLastIndex((write) => write.state.phase === 'saved');
  return writes.toSpliced(saved === -1 ? writes.length - 1 : saved, 1);
}

function toRequest(content: WriteContent) {
  if (content.kind === 'rating') return { collection: 'ratings', body: { rating: content.rating } } as const;
  const { authorName, text } = content;
  return { collection: 'comments', body: { authorName, text } } as const;
}

function isUnfinished({ state }: Write): boolean {
  if (state.phase === 'failed')
    return state.error.failure === 'unreachable' || state.error.failure === 'busy';
  return state.phase !== 'saved';
}
