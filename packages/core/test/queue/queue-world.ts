import { decideQueue, type QueueAction } from '../../src/queue/decide-queue.ts';
import type { QueuePolicy, QueueServerFacts } from '../../src/queue/queue-facts.ts';
import { firstQueueRecord, type QueueRecord } from '../../src/queue/queue-record.ts';

/** A model of a region's queue: two Redis processes with their files, producers, and a controller that may die anywhere. */
export interface ModelServer {
  zone: string;
  run: number | null;
  frozen: boolean;
  hostUp: boolean;
  stopped: boolean;
  memory: Set<number>;
  /** What a restart finds. Falls behind memory from a full copy until the file is rewritten. */
  disk: Set<number>;
  settled: boolean;
  role: 'primary' | 'replica';
  fenced: boolean;
  follows: string | null;
  /** The run of the primary whose stream it receives. */
  linkedTo: number | null;
  givesCopies: boolean;
  term: number;
  copies: 1 | 2 | null;
  /** Commands that reached a frozen process. */
  inbox: (() => void)[];
  silentSince: number;
}

interface PendingWrite {
  entry: number;
  server: ModelServer;
  run: number;
}

export class QueueWorld {
  readonly one = createServer('one');
  readonly two = createServer('two');
  readonly accepted = new Set<number>();
  record: QueueRecord = firstQueueRecord('one');
  now = 0;
  /** Called between any two actions of the controller, so that anything can happen in between. */
  between: () => void = () => {};
  private pending: PendingWrite[] = [];
  private runs = 0;
  private entries = 0;
  readonly policy: QueuePolicy;

  constructor(policy: QueuePolicy) {
    this.policy = policy;
    this.boot(this.one);
    this.boot(this.two);
  }

  get servers(): [ModelServer, ModelServer] {
    return [this.one, this.two];
  }

  /** The server that the record names, if it accepts writes. */
  serving(): ModelServer | undefined {
    return this.servers.find((server) => server.zone === this.record.primary && accepts(server));
  }

  boot(server: ModelServer): void {
    if (server.run !== null) return;
    this.runs += 1;
    Object.assign(server, {
      run: this.runs,
      frozen: false,
      stopped: false,
      memory: new Set(server.disk),
      settled: true,
      role: 'primary',
      fenced: true,
      follows: null,
      linkedTo: null,
      givesCopies: false,
      inbox: [],
    });
  }

  kill(server: ModelServer): void {
    server.run = null;
    server.linkedTo = null;
    server.silentSince = this.now;
  }

  /** Somebody asks its host to take it down. */
  stop(server: ModelServer): void {
    this.kill(server);
    server.stopped = true;
  }

  /** Its disk is replaced by an empty one, unless the other server's copy is not known to be whole: nobody survives that. */
  wipe(server: ModelServer): void {
    const other = server === this.one ? this.two : this.one;
    const alive = other.run !== null && !other.frozen && other.settled && other.term === this.record.term;
    const whole = [...this.accepted].every((entry) => other.disk.has(entry));
    const known = server.zone !== this.record.primary || this.record.inSync;
    if (!alive || !whole || !known) return;
    this.kill(server);
    Object.assign(server, { disk: new Set(), term: 0, copies: null });
  }

  freeze(server: ModelServer): void {
    if (server.run !== null) server.frozen = true;
  }

  thaw(server: ModelServer): void {
    server.frozen = false;
    if (server.run !== null) for (const command of server.inbox.splice(0)) command();
  }

  /** A producer writes to any server that lets it, right or wrong. */
  write(server: ModelServer): void {
    if (!accepts(server) || server.frozen || server.run === null) return;
    this.entries += 1;
    addTo(server, [this.entries]);
    this.pending.push({ entry: this.entries, server, run: server.run });
  }

  /** Replicas receive, files are completed, and producers look whether their writes are confirmed. */
  flow(): void {
    for (const replica of this.servers) this.replicate(replica);
    this.pending = this.pending.filter((write) => !this.confirm(write));
  }

  settle(server: ModelServer): void {
    if (server.run === null || server.frozen) return;
    server.settled = true;
    server.disk = new Set(server.memory);
  }

  /** One tick of the controller, which dies after `actionsMax` actions. */
  tick(actionsMax: number): void {
    const facts = this.servers.map((server) => this.observe(server)) as [QueueServerFacts, QueueServerFacts];
    const seen = this.servers.map(({ run }) => run);
    const { actions } = decideQueue(this.record, facts, { policy: this.policy, now: this.now });
    for (const action of actions.slice(0, actionsMax)) {
      this.between();
      if (!this.perform(action, seen)) return;
    }
  }

  private replicate(replica: ModelServer): void {
    const primary = this.servers.find(({ zone }) => zone === replica.follows);
    if (replica.run === null || replica.role !== 'replica' || primary === undefined) return;
    if (primary.run === null || primary.frozen || replica.frozen) return;
    if (replica.linkedTo !== primary.run) {
      if (!primary.givesCopies || primary.role !== 'primary') return;
      // A full copy replaces memory at once; the file follows later.
      replica.linkedTo = primary.run;
      replica.memory = new Set();
      replica.settled = false;
    }
    addTo(replica, primary.memory);
    replica.term = primary.term;
    replica.copies = primary.copies;
  }

  private confirm({ entry, server, run }: PendingWrite): boolean {
    if (server.run !== run || server.frozen) return server.run !== run;
    const copied = this.servers.some(
      (other) => other.linkedTo === run && !other.frozen && other.memory.has(entry),
    );
    const enough = server.copies !== 2 || copied;
    if (enough) this.accepted.add(entry);
    return enough;
  }

  private observe(server: ModelServer): QueueServerFacts {
    const answers = server.run !== null && !server.frozen;
    if (answers) server.silentSince = this.now;
    const unit = server.stopped ? 'stopped' : server.run === null ? 'down' : 'running';
    const confirming = this.servers.some((other) => other.linkedTo === server.run && !other.frozen);
    return {
      zone: server.zone,
      contact: answers ? 'answers' : server.run === null ? 'refused' : 'silent',
      since: server.silentSince,
      unit: server.hostUp ? unit : 'unknown',
      process: answers
        ? {
            run: String(server.run),
            loading: false,
            role: server.role,
            fenced: server.role === 'primary' && server.fenced,
            follows: server.follows,
            linked: server.linkedTo !== null,
            syncing: false,
            settled: server.settled,
            confirming: server.role === 'primary' && confirming,
            term: server.term,
            copies: server.copies,
          }
        : null,
    };
  }

  /** False when the action failed, which ends the tick. */
  private perform(action: QueueAction, seen: (number | null)[]): boolean {
    if (action.type === 'commit') {
      this.record = action.record;
      return true;
    }
    const server = action.zone === 'one' ? this.one : this.two;
    if (action.type === 'start' || action.type === 'kill') {
      if (server.hostUp && action.type === 'kill') this.kill(server);
      if (server.hostUp && action.type === 'start') this.boot(server);
      return server.hostUp;
    }
    // A connection leads to the process that was observed, and to no other.
    if (server.run === null || server.run !== seen[action.zone === 'one' ? 0 : 1]) return false;
    if (action.type === 'confirmCopy') {
      if (server.frozen) return false;
      server.copies = 2;
      this.replicate(server === this.one ? this.two : this.one);
      const other = server === this.one ? this.two : this.one;
      if (other.linkedTo === server.run && !other.frozen) this.record = action.record;
      return true;
    }
    const command = () => obey(server, action);
    if (server.frozen) server.inbox.push(command);
    else command();
    return !server.frozen;
  }
}

/** What a process does when a command of the controller reaches it. */
function obey(server: ModelServer, action: QueueAction): void {
  if (action.type === 'setCopies') {
    server.copies = action.copies;
  } else if (action.type === 'follow') {
    Object.assign(server, { role: 'replica', follows: action.primary, linkedTo: null });
  } else if (action.type === 'unfence') {
    const { term, copies } = action;
    Object.assign(server, {
      role: 'primary',
      follows: null,
      linkedTo: null,
      fenced: false,
      givesCopies: true,
      term,
      copies,
    });
  }
}

function accepts({ run, role, fenced }: ModelServer): boolean {
  return run !== null && role === 'primary' && !fenced;
}

function addTo(server: ModelServer, entries: Iterable<number>): void {
  for (const entry of entries) {
    server.memory.add(entry);
    if (server.settled) server.disk.add(entry);
  }
}

function createServer(zone: string): ModelServer {
  return {
    zone,
    run: null,
    frozen: false,
    hostUp: true,
    stopped: false,
    memory: new Set(),
    disk: new Set(),
    settled: true,
    role: 'primary',
    fenced: true,
    follows: null,
    linkedTo: null,
    givesCopies: false,
    term: 0,
    copies: null,
    inbox: [],
    silentSince: 0,
  };
}
