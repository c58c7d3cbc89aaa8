/** What the database needs next. Each is safe to repeat; at most one runs at a time for a member. */
export type DatabaseAction =
  /** Ask this member at once: what it answered last is too old to decide by. */
  | { type: 'probe'; member: string }
  /** Look at a stopped member's data folder. */
  | { type: 'inspect'; member: string }
  /** Make the very first data folder of the environment. */
  | { type: 'initialise'; member: string }
  /** Start the process in the role that the record gives it. */
  | { type: 'start'; member: string }
  /** Create roles and the application's database. */
  | { type: 'bootstrap'; member: string }
  /** Make the record's writer writable, after `previous` is proven down. */
  | { type: 'promote'; member: string; previous: string | null }
  /** Kill and reap. */
  | { type: 'fence'; member: string; reason: 'stale' | 'frozen' }
  /** Make a member able to follow the writer again (see `chooseRejoinMethod`) and start it. */
  | { type: 'rejoin'; member: string }
  /** Prove that the writer waits for this standby and that the standby has everything acknowledged before. */
  | { type: 'prove'; member: string; standby: string }
  /** Make exactly these members' replication slots exist on a member. */
  | { type: 'slots'; member: string; followers: readonly string[] };
