/** What one running Redis says of itself. */
export interface QueueProcessFacts {
  /** Redis' run id: another process, another id. */
  run: string;
  loading: boolean;
  role: 'primary' | 'replica';
  /** Refuses writes until the controller lets it, as every process does after its start. */
  fenced: boolean;
  /** Replica: the zone it follows; null when it is none of ours. */
  follows: string | null;
  /** Replica: receives what its primary writes. */
  linked: boolean;
  /** Replica: its data is being replaced by a full copy. */
  syncing: boolean;
  /** Replica: its own file holds its whole data set; not so while the file is rewritten after a full copy. */
  settled: boolean;
  /** Primary: a replica is connected and confirms. */
  confirming: boolean;
  /** The term found in its data; 0 when there is none. */
  term: number;
  /** Copies it asks of producers, from its data. */
  copies: 1 | 2 | null;
}

export interface QueueServerFacts {
  zone: string;
  /** `refused`: no process listens, hard evidence that it is gone. */
  contact: 'answers' | 'refused' | 'silent';
  /** Unless it answers: since when it does not, in milliseconds. */
  since: number;
  /** What its host says: `stopped` is asked to be down, `down` died, `unknown` when the host does not answer. */
  unit: 'running' | 'down' | 'stopped' | 'unknown';
  /** Null unless it answers. */
  process: QueueProcessFacts | null;
}

export interface QueuePolicy {
  /** Copies of a write that the store's durability promises. */
  copies: 1 | 2;
  whenCopyLost: 'degrade' | 'refuse';
  /** A server that did not answer for this long is taken for frozen. */
  silentMs: number;
  /** A frozen process that nobody can do without is restarted after this long. */
  frozenMs: number;
  /** How long a better server is waited for before the next best may serve. */
  patienceMs: number;
}
