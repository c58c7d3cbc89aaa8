/** A migration file as a release carries it, or as the database's ledger remembers it. Two are the same when both fields are. */
export interface MigrationFile {
  name: string;
  /** SHA-256 of its text, in hex. */
  checksum: string;
}

export interface MigrationsQuestion {
  /** The files of the release that is to come, in any order. */
  candidate: readonly MigrationFile[];
  /** Every other release that may still run: those that stand, and the one that was live last. */
  others: readonly { version: string; files: readonly MigrationFile[] }[];
  applied: readonly MigrationFile[];
  /** Nobody has served from this database yet; when absent, whether nothing was applied. */
  isFresh?: boolean;
}

export interface MigrationsDecision {
  /** Run before the new stamps start, in this order. */
  expand: string[];
  /** Run when nothing needs what they remove, in this order. */
  contract: string[];
  /** Not this time: a release that may still run does not carry the file, so it may need what the file removes. */
  waiting: { name: string; neededBy: string }[];
  /** Why this release cannot come; empty when it can. */
  faults: string[];
}

const contractPattern = /^\d{3,}_contract_[\w-]+\.sql$/;

/** Whether a file says of itself that it removes or narrows something. */
export function isContract(name: string): boolean {
  return contractPattern.test(name);
}

/**
 * Which migrations of a release run, and when. Files that add run first and work for everybody. What removes waits until every
 * release that may still run carries the very same file, and so was written knowing it. On a fresh database nobody needs
 * anything: all files run, in order.
 */
export function decideMigrations(question: MigrationsQuestion): MigrationsDecision {
  const { candidate, others, applied, isFresh = applied.length === 0 } = question;
  const known = new Set(applied.map(({ name }) => name));
  const pending = candidate.filter(({ name }) => !known.has(name)).toSorted(byName);
  const decision: MigrationsDecision = {
    expand: [],
    contract: [],
    waiting: [],
    faults: findFaults(question),
  };
  for (const file of pending) {
    const needing = others.find(({ files }) => !carries(files, file));
    if (isFresh || !isContract(file.name)) decision.expand.push(file.name);
    else if (needing === undefined) decision.contract.push(file.name);
    else decision.waiting.push({ name: file.name, neededBy: needing.version });
  }
  return decision;
}

function findFaults({ candidate, applied }: MigrationsQuestion): string[] {
  const checksums = new Map(candidate.map(({ name, checksum }) => [name, checksum]));
  return applied.toSorted(byName).flatMap(({ name, checksum }) => {
    const carried = checksums.get(name);
    if (carried !== undefined && carried !== checksum) {
      return [`${name} was applied and reads differently now.`];
    }
    if (carried === undefined && isContract(name)) {
      return [`${name} was applied, and this release does not carry it: it may need what the file removed.`];
    }
    return [];
  });
}

function carries(files: readonly MigrationFile[], { name, checksum }: MigrationFile): boolean {
  return files.some((file) => file.name === name && file.checksum === checksum);
}

function byName(a: MigrationFile, b: MigrationFile): number {
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}
