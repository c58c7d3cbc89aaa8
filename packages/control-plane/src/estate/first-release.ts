import type { Release } from '@alwayson/protocol/releases.ts';
import type { ControllerContext } from '../controller.ts';
import type { ReleaseStore } from '../releases/release-store.ts';

/** A release that could not be made is tried again after this long: its folder may have been corrected. */
const retryMs = 60_000;
const entity = 'release';

export interface FirstReleaseContext
  extends Pick<ControllerContext, 'environment' | 'manifest' | 'journal' | 'now'> {
  releases: Pick<ReleaseStore, 'find' | 'prepare'>;
  /** The release exists whole. */
  take(release: Release): void;
}

export interface FirstRelease {
  /** Makes it in the background, unless it is being made or has just failed. */
  start(): void;
  /** What is being done, in words. */
  waitingFor(): string;
  close(): Promise<void>;
}

/** Takes the folder that `up` was called in, or what was copied with the data, as an environment's first release. */
export function createFirstRelease(context: FirstReleaseContext): FirstRelease {
  const { environment, manifest, releases, journal, now, take } = context;
  const closing = new AbortController();
  let running: Promise<void> | null = null;
  let failedAt = -Infinity;
  let doing = 'the first release';

  const tell = (what: string) => {
    doing = `the first release (${what.replace(/\.$/, '')})`;
    const message = `The first release: ${what}`;
    journal.event({ severity: 'info', type: 'release.preparing', entity, message });
  };

  /** A copied environment has the other's release in its folder already. */
  const make = async () => {
    const copied = environment.origin && releases.find(environment.origin.release);
    if (copied) return copied;
    const path = environment.workloadDir;
    const source = { kind: 'folder', path } as const;
    return releases.prepare({ path, source, manifest, owner: 'up', tell }, closing.signal);
  };

  const prepare = async () => {
    try {
      take(await make());
    } catch (error) {
      if (closing.signal.aborted) return;
      failedAt = now();
      const detail = error instanceof Error ? error.message : String(error);
      doing = `the first release, which failed and is tried again every minute: ${detail.split('\n')[0]}`;
      const message = `The first release could not be made: ${detail}`;
      journal.event({ severity: 'error', type: 'release.failed', entity, message });
    }
  };

  return {
    start() {
      if (running !== null || closing.signal.aborted || now() - failedAt < retryMs) return;
      running = prepare().finally(() => {
        running = null;
      });
    },
    waitingFor: () => doing,
    async close() {
      closing.abort();
      await running;
    },
  };
}
