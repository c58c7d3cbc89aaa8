import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { type Fix, listPrograms, type Prerequisite, type Sight } from './prerequisites.ts';

export interface Finding {
  name: string;
  needed: string;
  found: string | null;
  state: 'ok' | 'missing' | 'not enough';
  /** Set when only some work needs it. */
  onlyFor?: string;
  fix: Fix;
}

/** Looks at everything at once; a look that fails counts as missing. */
export async function checkPrerequisites(prerequisites: readonly Prerequisite[]): Promise<Finding[]> {
  return Promise.all(
    prerequisites.map(async ({ name, needed, onlyFor, fix, look }) => {
      const { isEnough, found } = await look().catch((): Sight => ({ isEnough: false, found: null }));
      const state = isEnough
        ? ('ok' as const)
        : found === null
          ? ('missing' as const)
          : ('not enough' as const);
      return { name, needed, found, state, fix, ...(onlyFor ? { onlyFor } : {}) };
    }),
  );
}

export function isFailure(finding: Finding): boolean {
  return finding.state !== 'ok' && finding.onlyFor === undefined;
}

/** Throws AON_PREREQUISITE_MISSING with every program that is missing. */
export async function assertPrerequisites(): Promise<void> {
  const failures = (await checkPrerequisites(listPrograms())).filter(isFailure);
  if (failures.length === 0) return;
  const list = failures.map(
    ({ name, needed, found }) => `${name} (needed: ${needed}; found: ${found ?? 'nothing'})`,
  );
  throw new AlwaysOnError('AON_PREREQUISITE_MISSING', `This machine lacks ${list.join(', ')}.`);
}
