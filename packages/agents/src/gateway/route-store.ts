import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { RouteRecord } from '@alwayson/protocol/routes.ts';
import type { AgentLog } from '../agent-process/agent-log.ts';
import { replaceFile } from '../agent-process/replace-file.ts';

/** The record in force, on the gateway's own disk: what a gateway cut off from everything starts from. */
export interface RouteStore {
  load(): Promise<RouteRecord | null>;
  save(record: RouteRecord): Promise<void>;
}

/** `seed`: a record to start from when there is none yet, or an older one. A damaged file is set aside with the ending .corrupt. */
export function createRouteStore(options: { gatewayDir: string; seed?: string; log: AgentLog }): RouteStore {
  const file = join(options.gatewayDir, 'routes.json');
  return {
    async load() {
      const kept = await readRecord(file);
      if (kept === 'damaged') {
        await rename(file, `${file}.corrupt`);
        options.log('the kept route record was damaged and is set aside', { file: `${file}.corrupt` });
      }
      if (kept !== 'damaged' && kept !== 'absent') return kept;
      const seed = options.seed === undefined ? 'absent' : await readRecord(options.seed);
      if (seed === 'damaged') options.log('the first route record cannot be read', { file: options.seed });
      return seed === 'damaged' || seed === 'absent' ? null : seed;
    },
    save: (record) => replaceFile(file, `${JSON.stringify(record, null, 1)}\n`),
  };
}

async function readRecord(file: string): Promise<RouteRecord | 'absent' | 'damaged'> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 'absent';
    throw error;
  }
  try {
    return RouteRecord.parse(JSON.parse(text));
  } catch {
    return 'damaged';
  }
}
