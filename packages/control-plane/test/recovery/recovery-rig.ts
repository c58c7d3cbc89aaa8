import type { Operation } from '@alwayson/protocol/operations.ts';
import { RecoveryReport } from '@alwayson/protocol/recovery.ts';
import type { QueueController } from '../../src/queue/queue-controller.ts';
import type { RegionHandover } from '../../src/database/region-handover.ts';
import { createRecoveryBoard, type RecoveryBoard } from '../../src/recovery/recovery-board.ts';
import { startWriters, type WriteReport } from '../database/acknowledged-writes.ts';
import { createDatabaseRig, type DatabaseRig, isWhole, waitFor } from '../database/database-rig.ts';

export const owner = 'the test';

/** A database estate with the board that changes its writer's region, and writers at every door meanwhile. */
export class RecoveryRig {
  readonly database: DatabaseRig;
  readonly figures: unknown[] = [];
  /** None, unless a test has one. */
  queues: QueueController['queues'] = [];
  #firstId = 1;

  private constructor(database: DatabaseRig) {
    this.database = database;
  }

  static async start(block: number, { hasBackups = false } = {}): Promise<RecoveryRig> {
    const database = await createDatabaseRig({
      block,
      hasBackups,
      migrations: { '001_item.sql': 'CREATE TABLE item (id bigint PRIMARY KEY, zone text NOT NULL)' },
    });
    await database.startHosts();
    database.startController();
    await waitFor('the first bring-up', () => isWhole(database));
    return new RecoveryRig(database);
  }

  /** With repositories in both regions, and a first backup in the west. */
  static async startBackedUp(block: number): Promise<RecoveryRig> {
    const rig = await RecoveryRig.start(block, { hasBackups: true });
    const { backups } = rig.database.controller();
    await backups.prepare();
    await backups.make({ region: 'west', type: 'full', note: null });
    return rig;
  }

  get writer(): string {
    return this.database.controller().writer()?.member ?? '';
  }

  get region(): string {
    return this.database.controller().writer()?.region ?? '';
  }

  get otherRegion(): string {
    return this.region === 'west' ? 'east' : 'west';
  }

  /** `change`: how its effects differ from what they are. */
  board(change: (handover: RegionHandover) => Partial<RegionHandover> = () => ({})): RecoveryBoard {
    const { environment, journal, authority } = this.database;
    const { handover, copy, backups, state } = this.database.controller();
    // Observers that saw every request up to now, and none that failed.
    const at = () => new Date(Date.now() + 60_000).toISOString();
    const observations = () => environment.zones.map(({ region }) => ({ region, at: at() }) as never);
    return createRecoveryBoard({
      ...this.database.context(),
      journal,
      authority,
      database: { handover: { ...handover, ...change(handover) }, copy, backups, state },
      queue: { status: () => [], queues: this.queues },
      drills: { last: () => null },
      observerSignals: { observations },
      nudge: () => {},
    });
  }

  begin(board = this.board(), region = this.otherRegion): Promise<Operation> {
    return board.begin({ region, mode: 'planned', acceptDataLoss: false, owner });
  }

  /** The whole region at once: its zones' hosts with everything in them. Returns its zones. */
  async loseRegion(region: string): Promise<string[]> {
    const { environment, placement } = this.database;
    const zones = environment.zones.filter((zone) => zone.region === region).map(({ name }) => name);
    await Promise.all(zones.map((zone) => placement.outageZone(zone)));
    return zones;
  }

  /** Until `to` could write in place of the region that is lost. */
  async untilLost(to: string): Promise<void> {
    const isLost = async () => (await this.board().plan({ region: to, mode: 'emergency' })).isReady;
    await waitFor('the loss to be seen', isLost);
  }

  beginEmergency(region: string): Promise<Operation> {
    return this.board().begin({ region, mode: 'emergency', acceptDataLoss: true, owner });
  }

  async untilEnded({ id }: Pick<Operation, 'id'>): Promise<Operation> {
    const { journal } = this.database;
    await waitFor('the operation to end', () => journal.operation(id)?.state !== 'running', 120_000);
    const ended = journal.operation(id);
    if (ended === null) throw new Error('It is gone.');
    return ended;
  }

  /** Writes at every door, from before something happens until the estate is whole again. */
  async writeDuring(
    happen: (acknowledged: () => number) => Promise<Operation>,
  ): Promise<WriteReport & { report: RecoveryReport }> {
    const { database } = this;
    await waitFor('the estate to be whole', () => isWhole(database));
    const writers = startWriters(database, this.#firstId);
    this.#firstId += 1_000_000;
    await waitFor('writes to flow', () => writers.count() > 50);
    const operation = await happen(writers.count);
    await waitFor('the estate to be whole again', () => isWhole(database), 120_000);
    const before = writers.count();
    await waitFor('writes to flow again', () => writers.count() > before + 20);
    const written = await writers.stop();
    const report = RecoveryReport.parse(operation.result);
    const { state, writeGapMs, rtoMs, rpoMs, phases } = report;
    const times = Object.fromEntries(phases.map(({ name, ms }) => [name, ms]));
    this.figures.push({ title: operation.title, state, writeGapMs, rtoMs, rpoMs, ...written, times });
    return { ...written, report };
  }

  async destroy(): Promise<void> {
    await this.database.destroy();
    const lines = this.figures.map((figure) => JSON.stringify(figure)).join('\n');
    process.stdout.write(`recovery figures:\n${lines}\n`);
  }
}
