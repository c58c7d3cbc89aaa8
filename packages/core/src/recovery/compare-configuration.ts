import { canonicalJson } from '@alwayson/protocol/canonical-json.ts';
import type { RecoveryCheck } from '@alwayson/protocol/recovery.ts';

/** What an environment is made of beside its data: part of every backup. */
export interface KeptConfiguration {
  manifest: unknown;
  /** Records by name, as people and releases have left them; null for one that was never written. */
  records: Readonly<Record<string, unknown>>;
}

/** A restore moves data and nothing else: what people would have to do themselves is said. */
export function compareConfiguration(then: KeptConfiguration | null, now: KeptConfiguration): RecoveryCheck {
  if (then === null) return toCheck('warn', 'the restored data is of before it was kept');
  const names = new Set([...Object.keys(then.records), ...Object.keys(now.records)]);
  const others = [...names].filter((name) => !isSame(then.records[name], now.records[name]));
  if (!isSame(then.manifest, now.manifest)) others.unshift('manifest');
  if (others.length === 0) return toCheck('pass', 'as it was then');
  return toCheck('warn', `stays as it is now, and was another then: ${others.join(', ')}`);
}

function toCheck(state: RecoveryCheck['state'], detail: string): RecoveryCheck {
  return { name: 'configuration', state, detail };
}

function isSame(one: unknown, other: unknown): boolean {
  return canonicalJson(one ?? null) === canonicalJson(other ?? null);
}
