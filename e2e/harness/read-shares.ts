import { SharesReport } from '@alwayson/protocol/shares.ts';
import type { TestEnvironment } from './environment.ts';

/** Null when nobody answers. */
export async function readShares({ console: url }: TestEnvironment): Promise<SharesReport | null> {
  try {
    const response = await fetch(`${url}/api/shares`, { signal: AbortSignal.timeout(2000) });
    return response.ok ? SharesReport.parse(await response.json()) : null;
  } catch {
    return null;
  }
}
