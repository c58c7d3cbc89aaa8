import {
  compareRouteVersions,
  decideRouteChange,
  type RouteVersion,
} from '@alwayson/core/routes/decide-route-change.ts';
import type { RouteZone } from '@alwayson/core/routes/find-route-faults.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { type GatewayReport, RouteRecord } from '@alwayson/protocol/routes.ts';
import { z } from 'zod';
import type { AgentLog } from '../agent-process/agent-log.ts';
import type { GatewayFiles } from './gateway-files.ts';
import type { Reconciler } from './reconciler.ts';
import type { RouteStore } from './route-store.ts';
import { toGatewayReport } from './gateway-report.ts';

export interface GatewayAgentOptions {
  region: string;
  zones: readonly RouteZone[];
  store: RouteStore;
  files: GatewayFiles;
  reconciler: Reconciler;
  log: AgentLog;
}

export interface GatewayAgent {
  /** Takes the record in (or throws AON_GENERATION_OLD, AON_ROUTES_REFUSED) and answers when it was read back or is waited for too long. */
  offer(document: unknown): Promise<GatewayReport>;
  /** Not older than a second. */
  report(): Promise<GatewayReport>;
  /** What is known without asking HAProxy. */
  lastReport(): GatewayReport;
  /** True when haproxy.cfg is in place and HAProxy accepts it. */
  readonly ready: boolean;
  close(): Promise<void>;
}

const readBackMs = 10_000;
/** Who asks decides on the answer. */
const reportAgeMs = 250;
/** HAProxy needs no minding while all is well; what it does meanwhile is in its file or its own business. */
const idleEveryMs = 5000;
const workingEveryMs = 1000;

/** Adopts what HAProxy runs: a restarted agent changes nothing that equals the kept record. */
export async function createGatewayAgent(options: GatewayAgentOptions): Promise<GatewayAgent> {
  const { region, store, files, reconciler, zones, log } = options;
  let record: RouteRecord | null = null;
  let ready = false;
  let offers: Promise<unknown> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  const use = async (next: RouteRecord): Promise<void> => {
    const config = files.render(next);
    await files.write(config, () => store.save(next));
    record = next;
    ready = true;
    reconciler.setTarget(next, config.structure);
  };

  const take = async (document: unknown): Promise<void> => {
    const parsed = RouteRecord.safeParse(document);
    if (!parsed.success) throw new AlwaysOnError('AON_ROUTES_REFUSED', z.prettifyError(parsed.error));
    const next = parsed.data;
    await refuseOlderThanFile(next);
    const change = decideRouteChange(record, next, zones);
    if (change.kind === 'refused') {
      log('record refused', { generation: next.generation, code: change.code, reason: change.reason });
      throw new AlwaysOnError(change.code, change.reason);
    }
    if (change.kind === 'same') return;
    await use(next);
    log('record taken', { epoch: next.epoch, generation: next.generation, change: change.kind });
  };

  /** Only of interest when the kept record was lost: the file still tells which one it was written from. */
  const refuseOlderThanFile = async (next: RouteVersion): Promise<void> => {
    const written = record === null ? await files.readVersion() : null;
    if (written === null || compareRouteVersions(next, written) >= 0) return;
    const held = `epoch ${written.epoch}, generation ${written.generation}`;
    throw new AlwaysOnError('AON_GENERATION_OLD', `haproxy.cfg was written from ${held}.`);
  };

  const mind = async (): Promise<void> => {
    await reconciler.step().catch((error: unknown) => log('step failed', { error: String(error) }));
    if (!closed)
      timer = setTimeout(() => void mind(), reconciler.view.inForce ? idleEveryMs : workingEveryMs);
  };

  const lastReport = () => toGatewayReport({ region, record, view: reconciler.view });
  await files.prepare();
  const kept = await store.load();
  if (kept === null) ready = await files.isUsable();
  else await use(kept);
  await mind();

  return {
    get ready() {
      return ready;
    },
    async offer(document) {
      const taken = offers.then(() => take(document));
      offers = taken.catch(() => {});
      await taken;
      await reconciler.converge(readBackMs);
      return lastReport();
    },
    async report() {
      if (Date.now() - reconciler.view.seenAtMs > reportAgeMs) await reconciler.step();
      return lastReport();
    },
    lastReport,
    async close() {
      closed = true;
      clearTimeout(timer);
      await offers;
    },
  };
}
