import type { DatabaseObservation } from '@alwayson/core/database/database-observation.ts';
import type { DatabaseAction } from '@alwayson/core/database/database-action.ts';
import { isWritable } from '@alwayson/core/database/member-evidence.ts';
import type { Status } from '@alwayson/protocol/status.ts';
import { type BackupWork, createBackupWork } from './backup-work.ts';
import { createRuntime } from './create-runtime.ts';
import { memberOf } from './database-plan.ts';
import type { DatabaseContext, DatabaseRuntime } from './database-runtime.ts';
import { toDatabaseStatus } from './database-status.ts';
import type { DoorAnswer } from './door-watch.ts';
import { createFailureTeller, tellAction } from './database-events.ts';
import { createKeptState, type KeptState } from './kept-state.ts';
import { createMemberLanes, type MemberLanes } from './member-lanes.ts';
import { createMigrationsKeeper, type MigrationsKeeper } from './migrations-keeper.ts';
import { noteWriterAnswer, observeDatabase, pollMembers } from './observe-database.ts';
import { runAction } from './run-action.ts';
import { createRegionHandover, type RegionHandover } from './region-handover.ts';
import { createSchemaWork, type SchemaWorker } from './schema-work.ts';
import { settleRecord } from './settle-record.ts';
import { wantUnits } from './want-units.ts';

/** A little less than a tick, and than two: ticks are not exact. The end of a process is told by its host, at once. */
const probeMs = { writer: 900, other: 1900 };
/** While something moves, members are asked more often, for this long after the last move. */
const movingProbeMs = 200;
const movingForMs = 5000;
const doorProbeMs = 1900;
/** A door that takes connections and says nothing so often is killed; its host starts it again. */
const doorSilencesMax = 3;

export interface DoorFacts {
  /** Of its unit. */
  id: string;
  zone: string;
  answer: DoorAnswer | null;
}

/** Turns what is observed into what is done, again and again: at each tick, after each probe, after each action. */
export class DatabaseDriver {
  readonly #runtime: DatabaseRuntime;
  readonly #lanes: MemberLanes;
  readonly #migrations: MigrationsKeeper;
  readonly schema: SchemaWorker;
  readonly handover: RegionHandover;
  readonly backups: BackupWork;
  readonly state: KeptState;
  readonly #tellFailure: ReturnType<typeof createFailureTeller>;
  #movedAt: number;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(context: DatabaseContext) {
    const tellFailure = createFailureTeller(context.journal);
    this.#tellFailure = tellFailure;
    this.#runtime = createRuntime(context, {
      onProbed: (member) => {
        noteWriterAnswer(this.#runtime, member);
        this.#turn();
      },
      onSent: () => this.#turn(),
      onSendFailure: (unit, error) => tellFailure(unit, 'specification', error),
    });
    const onEnd = () => this.#move();
    this.#lanes = createMemberLanes({ onEnd, onFailure: tellFailure });
    this.#migrations = createMigrationsKeeper(this.#runtime, onEnd);
    const observe = () => observeDatabase(this.#runtime);
    this.schema = createSchemaWork(this.#runtime, () => findWriter(this.#runtime, observe()));
    this.backups = createBackupWork(this.#runtime);
    this.state = createKeptState(this.#runtime);
    this.handover = createRegionHandover(this.#runtime, () => this.#move());
    this.#movedAt = performance.now();
  }

  get copy(): 'none' | 'degrade' | 'refuse' {
    return this.#runtime.plan.policy.copy;
  }

  /** Decides once and starts what is due. Throws when the record cannot be committed. */
  cycle(): void {
    if (this.#closed) return;
    const runtime = this.#runtime;
    const isMoving = performance.now() - this.#movedAt < movingForMs;
    pollMembers(runtime, isMoving ? { writer: movingProbeMs, other: movingProbeMs } : probeMs);
    if (runtime.authority.sweep()) this.#tellHoldOver();
    const { observation, actions, hasCommitted } = settleRecord(runtime);
    settleAuthority(runtime, observation);
    if (hasCommitted) this.#movedAt = performance.now();
    wantUnits(runtime, observation);
    for (const action of actions) this.#launch(action);
    this.#migrations.poll(findWriter(runtime, observation) !== null);
    this.schema.poll();
    this.#watchDoors();
    clearTimeout(this.#timer);
    if (isMoving) this.#timer = setTimeout(() => this.#turn(), movingProbeMs);
  }

  status(): Status['database'] {
    return toDatabaseStatus(this.#runtime, observeDatabase(this.#runtime), this.#migrations.waiting());
  }

  doors(): readonly DoorFacts[] {
    const { doors, plan } = this.#runtime;
    return plan.doors.map(({ id, zone }) => ({
      id,
      zone: zone.name,
      answer: doors.get(id)?.answer() ?? null,
    }));
  }

  writer(): { member: string; region: string; term: number } | null {
    const { plan, record } = this.#runtime;
    const { writer, term, initialised } = record.value;
    if (writer === null || !initialised) return null;
    return { member: writer, region: memberOf(plan, writer).region, term };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#lanes.close();
    for (const watch of this.#runtime.watches.values()) watch.close();
    for (const door of this.#runtime.doors.values()) door.close();
  }

  /** A cycle on the driver's own account: what it meets is told, and the next one tries again. */
  #turn(): void {
    try {
      this.cycle();
    } catch (error) {
      this.#tellFailure('database', 'cycle', error);
    }
  }

  #move(): void {
    this.#movedAt = performance.now();
    this.#turn();
  }

  #tellHoldOver(): void {
    const message = 'Writes were held for too long: they go on where they were.';
    const { journal } = this.#runtime.context;
    journal.event({ severity: 'warning', type: 'database.hold-over', entity: 'database', message });
  }

  #launch(action: DatabaseAction): void {
    // Looking must not keep a member from what acts.
    const isLook = action.type === 'prove' || action.type === 'probe';
    const lane = isLook ? `${action.member} ${action.type}` : action.member;
    this.#lanes.start(lane, action.type, async () => {
      this.#movedAt = performance.now();
      tellAction(this.#runtime.context.journal, action);
      await runAction(this.#runtime, action);
    });
  }

  /** Whoever held it did not get to let it go. What was seen of it may be older than a hold that has just begun. */
  async #letGoIfForgotten(id: string): Promise<void> {
    const seen = await this.#runtime.doors.get(id)?.read();
    const isForgotten = this.#runtime.authority.read().phase === 'steady';
    if (seen?.held === true && isForgotten) await this.handover.letWritesGo(id);
  }

  #watchDoors(): void {
    const { context, doors, plan } = this.#runtime;
    for (const { id, zone } of plan.doors) {
      const door = doors.get(id);
      if (door === undefined || context.placement.observe(zone.name).contact !== 'connected') continue;
      if (door.silences() < doorSilencesMax) {
        door.poll(doorProbeMs);
        if (door.answer()?.isHeld === true)
          this.#lanes.start(id, 'let writes go', () => this.#letGoIfForgotten(id));
        continue;
      }
      this.#lanes.start(id, 'kill', async () => {
        await context.placement.act(zone.name, id, 'kill');
        await door.read();
      });
    }
  }
}

/** The epoch is open when its writer writes. */
function settleAuthority({ authority, record }: DatabaseRuntime, { members }: DatabaseObservation): void {
  const { phase, epoch } = authority.read();
  const writer = members[record.value.writer ?? ''];
  if (phase !== 'opening' || record.value.epoch !== epoch || writer === undefined) return;
  if (isWritable(writer)) authority.settle();
}

/** The member that takes writes, from clients and for good: with the copies that the record asks for. */
function findWriter(runtime: DatabaseRuntime, { members }: DatabaseObservation): string | null {
  const { writer, initialised, waitFor, sync } = runtime.record.value;
  const member = members[writer ?? ''];
  return initialised && waitFor === sync && member !== undefined && isWritable(member) ? writer : null;
}
