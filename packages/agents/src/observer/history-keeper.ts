import type { TrafficHistory } from '@alwayson/protocol/traffic.ts';
import { z } from 'zod';
import type { AgentLog } from '../agent-process/agent-log.ts';
import type { CountedRequest } from './counted-request.ts';
import { type Coverage, createCoverage } from './coverage.ts';
import { isDamage, openHistoryDatabase } from './history-database.ts';
import { createHistoryReader } from './history-reader.ts';
import { createHistoryUpkeep } from './history-upkeep.ts';
import { createHistoryWriter, readCounters } from './history-writer.ts';
import { createLineSequences, LineSequences, settleLosses } from './line-sequence.ts';
import { createTrafficBuckets, toSlice } from './traffic-buckets.ts';
import { TrafficTotals } from './traffic-counters.ts';

/** Written together with the buckets, so that counters, sequences and history always tell of the same lines. */
const Counters = z.strictObject({
  countersSince: z.iso.datetime(),
  totals: TrafficTotals,
  sequences: LineSequences,
});
export type Counters = z.infer<typeof Counters>;

export interface HistoryKeeper {
  /** As they were saved last, or all 0. `save` tells what to save in their place. */
  readonly counters: Counters;
  readonly coverage: Coverage;
  add(request: CountedRequest, nowMs: number): void;
  /** Writes what is new; what cannot be written now waits for the next time. Throws when the file is damaged. */
  save(counters: Counters, nowMs: number): void;
  /** What was written of [from, to), in seconds; a slice that has not ended is not told. */
  read(from: number, to: number): TrafficHistory;
  readonly bytes: number;
  close(): void;
}

export interface HistoryKeeperOptions {
  file: string;
  region: string;
  retentionDays: number;
  log: AgentLog;
  nowMs: number;
}

/** What waits for a file that cannot be written. Beyond it requests are forgotten, and their slices are not whole. */
const bucketsMax = 20_000;

/** Traffic and coverage of one gateway by slices, in a file that outlives this process and every stamp. */
export function createHistoryKeeper(options: HistoryKeeperOptions): HistoryKeeper {
  const { file, region, retentionDays, log, nowMs: startedAtMs } = options;
  const database = openHistoryDatabase(file, log);
  const write = createHistoryWriter(database);
  const read = createHistoryReader(database, region);
  const upkeep = createHistoryUpkeep(database, { retentionDays });
  const buckets = createTrafficBuckets();
  const coverage = createCoverage(startedAtMs);
  let savedAtMs = startedAtMs;

  return {
    counters: restoreCounters(readCounters(database), startedAtMs),
    coverage,
    add(request, nowMs) {
      buckets.add(request);
      if (buckets.size < bucketsMax) return;
      const lines = buckets.count();
      buckets.clear();
      coverage.addLoss({ lines, fromMs: savedAtMs, toMs: nowMs });
    },
    save(counters, nowMs) {
      for (const loss of settleLosses(counters.sequences, nowMs)) coverage.addLoss(loss);
      coverage.close(nowMs);
      try {
        write({
          buckets: buckets.list(),
          slices: coverage.changes(),
          broken: coverage.broken(),
          counters: JSON.stringify(counters),
        });
        buckets.clear();
        coverage.clear();
        savedAtMs = nowMs;
        upkeep.step(nowMs);
      } catch (error) {
        if (isDamage(error)) throw error;
        log('the traffic history could not be written', { error: String(error) });
      }
    },
    read(from, to) {
      const known = Math.min(to, toSlice(savedAtMs));
      return known > from ? read(from, known) : { region, from, to: from, buckets: [], coverage: [] };
    },
    get bytes() {
      return upkeep.bytes;
    },
    close: () => database.close(),
  };
}

function restoreCounters(text: string | null, nowMs: number): Counters {
  const saved = text === null ? undefined : Counters.safeParse(JSON.parse(text)).data;
  const zero = { flows: {}, series: [], synthetic: 0 };
  const countersSince = new Date(nowMs).toISOString();
  return saved ?? { countersSince, totals: zero, sequences: createLineSequences() };
}
