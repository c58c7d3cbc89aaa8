import type { ApiError } from '../api/api-error.ts';
import type { RatingSummary } from '../api/model.ts';

export type WriteContent =
  | { kind: 'comment'; authorName: string; text: string }
  /** `base` is what the visitor saw before; their own vote is shown on top of it until the server counts it. */
  | { kind: 'rating'; rating: number; base: RatingSummary };

export type WriteState =
  | { phase: 'sending'; attempt: number }
  /** Stored for good by the servers, not yet visible to reads. `late` when it took longer than it should. */
  | { phase: 'accepted'; path: string | null; late: boolean }
  | { phase: 'saved'; path: string }
  | { phase: 'failed'; error: ApiError };

/** One write of this visitor on its way, shown at once as if it had arrived. */
export interface Write {
  /** Also its Idempotency-Key, for all attempts, later tries and after a reload of the page. */
  key: string;
  itemId: string;
  createdAt: string;
  content: WriteContent;
  state: WriteState;
}

/** The identifier that the server gave an accepted write: the last segment of its path. */
export function toServerId(write: Write): string | undefined {
  if (write.state.phase !== 'accepted' && write.state.phase !== 'saved') return undefined;
  return write.state.path?.split('/').at(-1);
}
