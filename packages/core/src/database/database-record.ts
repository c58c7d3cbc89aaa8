/**
 * Who may write to the database: the one committed record that everything else of the database converges to.
 *
 * What the record promises at every moment: a write that was acknowledged is held by `writer`, and when `sync` is a
 * member, by `sync` too. Only the writer and `sync` may therefore ever become writable, until the register names another.
 */
export interface DatabaseRecord {
  /** Of the register of who may write (`recovery/authority.ts`): a newer one there names another region's writer. */
  epoch: number;
  /** 0 before the first decision; goes up by one whenever the writer changes. */
  term: number;
  writer: string | null;
  /** The writer of the term before: no promotion happens until it is proven down. */
  previous: string | null;
  /** The member that confirmed every acknowledged write: the only one that may be promoted without asking. */
  sync: string | null;
  /** The member whose confirmation the writer is told to wait for; `sync` follows once the waiting is proven. */
  waitFor: string | null;
  /** True once roles and the application's database exist: from then on the first data is never made again. */
  initialised: boolean;
}

export const emptyDatabaseRecord: DatabaseRecord = {
  epoch: 1,
  term: 0,
  writer: null,
  previous: null,
  sync: null,
  waitFor: null,
  initialised: false,
};

export interface DatabaseMember {
  id: string;
  region: string;
  zone: string;
}

export interface DatabasePolicy {
  /** In order of preference; the first one becomes the first writer. */
  members: readonly DatabaseMember[];
  /**
   * What a second copy means: `none` never waits for one; `degrade` waits and carries on alone when it is gone;
   * `refuse` keeps waiting when it is gone, so that writes stop.
   */
  copy: 'none' | 'degrade' | 'refuse';
}

/** The other members of the writer's region. Another region's members are never waited for and never promoted alone. */
export function listPartners(record: Pick<DatabaseRecord, 'writer'>, policy: DatabasePolicy): string[] {
  const region = policy.members.find(({ id }) => id === record.writer)?.region;
  return policy.members
    .filter((member) => member.region === region && member.id !== record.writer)
    .map(({ id }) => id);
}
