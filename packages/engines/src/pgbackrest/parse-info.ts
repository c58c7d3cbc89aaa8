/** What pgBackRest prints of a stanza, as far as it is needed (`info --output=json`, 2.45). */
interface StanzaInfo {
  backup: {
    label: string;
    type: 'full' | 'diff' | 'incr';
    error?: boolean | null;
    timestamp: { start: number; stop: number };
    /** Names of files of the log: the first eight digits are the timeline. */
    archive: { start: string; stop: string };
    lsn: { start: string; stop: string };
    info: { size: number; repository: { delta: number } };
    annotation?: Record<string, string> | null;
  }[];
  archive: { max?: string | null; min?: string | null }[];
}

export interface RepositoryContent {
  /** Oldest first. */
  backups: {
    label: string;
    type: 'full' | 'diff' | 'incr';
    /** Unix ms. */
    startedAt: number;
    endedAt: number;
    /** Where in the log it ended. */
    end: { timeline: number; lsn: string };
    /** Of the database, and of what this backup added to the repository. */
    bytes: number;
    addedBytes: number;
    note: string | null;
    /** Pages were found damaged while it was made. */
    hasErrors: boolean;
  }[];
  /** The first and last file of the log; null when there is none. */
  log: { first: string; last: string } | null;
}

/** Understands what `renderInfo` prints. */
export function parseInfo(output: string): RepositoryContent {
  const [found] = JSON.parse(output) as StanzaInfo[];
  const logs =
    found?.archive.flatMap(({ min, max }) => (min && max ? [{ first: min, last: max }] : [])) ?? [];
  return {
    backups: (found?.backup ?? []).map(
      ({ label, type, error, timestamp, archive, lsn, info, annotation }) => ({
        label,
        type,
        startedAt: timestamp.start * 1000,
        endedAt: timestamp.stop * 1000,
        end: { timeline: Number.parseInt(archive.stop.slice(0, 8), 16), lsn: lsn.stop },
        bytes: info.size,
        addedBytes: info.repository.delta,
        note: annotation?.['note'] ?? null,
        hasErrors: error === true,
      }),
    ),
    log: logs.at(-1) ?? null,
  };
}
