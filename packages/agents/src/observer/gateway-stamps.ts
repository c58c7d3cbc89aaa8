import { gatewayRoutes } from '@alwayson/protocol/routes.ts';
import { z } from 'zod';

export interface GatewayStamps {
  /** In order, as of its last answer. */
  list(): readonly string[];
  close(): void;
}

const intervalMs = 10_000;
const firstIntervalMs = 1000;
const timeoutMs = 2000;
/** The little that we read of a `GatewayReport`. */
const Report = z.object({ servers: z.array(z.object({ stamp: z.string() })) });

/** Asks the region's gateway agent which stamps there are. While it does not answer, the last list stands. */
export function watchGatewayStamps(options: { agentUrl: string; token: string }): GatewayStamps {
  const url = new URL(gatewayRoutes.report, options.agentUrl);
  const headers = { authorization: `Bearer ${options.token}` };
  let stamps: readonly string[] = [];
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  void ask();

  async function ask(): Promise<void> {
    try {
      const answer = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
      const { servers } = Report.parse(await answer.json());
      stamps = [...new Set(servers.map(({ stamp }) => stamp))].sort();
    } catch {
      // It may be restarting; what it said last is still the best we know.
    }
    const waitMs = stamps.length === 0 ? firstIntervalMs : intervalMs;
    if (!closed) timer = setTimeout(() => void ask(), waitMs);
  }
  return {
    list: () => stamps,
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
