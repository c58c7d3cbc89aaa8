import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSameProcess, readProcess } from '../environment/process-table.ts';

/**
 * Copies that drills have made and not removed yet, `<state folder>/drills/<name>.json`, each with the process that is to remove it: one
 * that was killed, or whose machine went down, leaves a whole environment behind.
 */
export interface DrillMarks {
  /** This process will remove the copy of that name. */
  add(name: string): void;
  /** It is gone, or it is to stay. */
  remove(name: string): void;
  /** Those that nobody will remove any more. */
  abandoned(): string[];
}

export function createDrillMarks(stateDir: string): DrillMarks {
  const folder = join(stateDir, 'drills');
  const fileOf = (name: string) => join(folder, `${name}.json`);
  return {
    add(name) {
      mkdirSync(folder, { recursive: true });
      const { pid } = process;
      writeFileSync(fileOf(name), JSON.stringify({ pid, startedAt: readProcess(pid)?.startedAt ?? '' }));
    },
    remove: (name) => rmSync(fileOf(name), { force: true }),
    abandoned() {
      const files = existsSync(folder) ? readdirSync(folder) : [];
      return files
        .filter((file) => file.endsWith('.json') && !isHeld(join(folder, file)))
        .map((file) => file.slice(0, -'.json'.length));
    },
  };
}

function isHeld(file: string): boolean {
  try {
    const { pid, startedAt } = JSON.parse(readFileSync(file, 'utf8')) as { pid: number; startedAt: string };
    return isSameProcess({ pid, startedAt });
  } catch {
    return false;
  }
}
