import type { DatabaseAction } from '@alwayson/core/database/database-action.ts';
import { chooseRejoinMethod } from '@alwayson/core/database/rejoin-method.ts';
import { toSlotName } from '@alwayson/core/database/replication-slot.ts';
import {
  bootstrapServer,
  proveSynchronous,
  reconcileSlots,
} from '@alwayson/engines/postgres/administer-server.ts';
import {
  parseControlData,
  parseInspection,
  renderControlData,
  renderInitialise,
  renderInspect,
  renderRebuild,
  renderRewind,
} from '@alwayson/engines/postgres/data-folder.ts';
import { withSql } from '@alwayson/engines/postgres/sql-client.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import { cloneData } from './clone-data.ts';
import { memberOf } from './database-plan.ts';
import { administratorTarget, type DatabaseRuntime, memoryOf } from './database-runtime.ts';
import { promoteWriter } from './failover-operation.ts';
import { fenceMember } from './fence-member.ts';
import { runTask } from './run-task.ts';
import { salvageMember } from './salvage-member.ts';

const proofDeadlineMs = 5000;
const rejoined = {
  restart: 'is started again to follow',
  rewind: 'was rewound to follow',
  rebuild: 'was copied from',
} as const;

/**
 * Does one thing that was decided, and looks at the member again, so that nobody decides by what was true before. Every kind
 * may be interrupted anywhere and decided again.
 */
export async function runAction(runtime: DatabaseRuntime, action: DatabaseAction): Promise<void> {
  await act(runtime, action);
  if (action.type !== 'inspect') await runtime.watches.get(action.member)?.refresh();
}

async function act(runtime: DatabaseRuntime, action: DatabaseAction): Promise<void> {
  const { plan, context } = runtime;
  const { member } = action;
  switch (action.type) {
    case 'probe':
      return;
    case 'inspect':
      await runtime.specs.settle(member);
      memoryOf(runtime, member).data = await inspect(runtime, member);
      return;
    case 'initialise':
      await runtime.specs.settle(member);
      await initialise(runtime, member);
      return start(runtime, member);
    case 'start':
      return start(runtime, member);
    case 'bootstrap':
      return withSql(administratorTarget(runtime, member), (client) =>
        bootstrapServer(client, {
          replication: plan.passwords.postgresReplication,
          application: plan.passwords.postgresApplication,
        }),
      );
    case 'promote':
      return promoteWriter(runtime, member, action.previous);
    case 'fence':
      return fenceMember(context.placement, memberOf(plan, member));
    case 'rejoin':
      return rejoin(runtime, member);
    case 'prove':
      return prove(runtime, member, action.standby);
    case 'slots':
      return withSql(administratorTarget(runtime, member), (client) =>
        reconcileSlots(client, action.followers.map(toSlotName)),
      );
  }
}

/** The first data of an environment: none, or a copy of another environment's. */
async function initialise(runtime: DatabaseRuntime, member: string): Promise<void> {
  const { plan } = runtime;
  if (plan.origin !== null) return cloneData(runtime, member, plan.origin);
  await runTask(runtime, member, renderInitialise(plan.binDir, plan.passwords.postgresSuperuser));
}

/** The role that a member starts in is in its files; they must be the record's before it starts. */
async function start(runtime: DatabaseRuntime, member: string): Promise<void> {
  const memory = memoryOf(runtime, member);
  await runtime.specs.settle(member);
  memory.tries.starts += 1;
  memory.data = { kind: 'unknown' };
  await runtime.context.placement.act(memberOf(runtime.plan, member).zone, member, 'start');
}

async function prove(runtime: DatabaseRuntime, writer: string, standby: string): Promise<void> {
  const { version } = runtime.record;
  await runtime.specs.settle(writer);
  await withSql(administratorTarget(runtime, writer), (client) =>
    proveSynchronous(client, standby, proofDeadlineMs),
  );
  if (runtime.record.version === version) runtime.proven = { standby, version };
}

/**
 * Gives a member data with which it can follow the present writer: a rewind when that can work, else a fresh copy. When the
 * writer changed meanwhile, the member stays down and is decided about anew.
 */
async function rejoin(runtime: DatabaseRuntime, member: string): Promise<void> {
  const { context, plan } = runtime;
  const { writer, term } = runtime.record.value;
  if (writer === null) return;
  const memory = memoryOf(runtime, member);
  await context.placement.act(memberOf(plan, member).zone, member, 'stop');
  await runtime.specs.settle(member);
  const writerTimeline = await confirmPromoted(runtime, writer);
  const data = await inspect(runtime, member);
  const method = chooseRejoinMethod(data, { writerTimeline, rejoins: memory.tries.rejoins });
  if (data.kind === 'primary' && method !== 'restart')
    await salvageMember(runtime, member, { timeline: data.timeline, writer });
  memory.tries.rejoins += 1;
  const { address, port } = memberOf(plan, writer);
  const { postgresSuperuser, postgresReplication } = plan.passwords;
  if (method === 'rewind') {
    await runTask(runtime, member, renderRewind(plan.binDir, { address, port, password: postgresSuperuser }));
  } else if (method === 'rebuild') {
    await runTask(
      runtime,
      member,
      renderRebuild(plan.binDir, { address, port, password: postgresReplication }),
    );
  }
  const message = `${member} ${rejoined[method]} ${writer}.`;
  context.journal.event({ severity: 'info', type: `database.${method}`, entity: member, message });
  if (runtime.record.value.term === term) await start(runtime, member);
}

/**
 * The timeline of a writer that is known to have finished its promotion: a rewind against one that has not leaves a folder
 * that never starts, although the rewind says it succeeded.
 */
async function confirmPromoted(runtime: DatabaseRuntime, writer: string): Promise<number> {
  await withSql(administratorTarget(runtime, writer, 60_000), (client) => client.query('CHECKPOINT'));
  const control = parseControlData(await runTask(runtime, writer, renderControlData(runtime.plan.binDir)));
  if (control?.state !== 'in production') {
    throw new AlwaysOnError(
      'AON_DATABASE',
      `${writer} is not in production yet: ${control?.state ?? 'no answer'}.`,
    );
  }
  return control.timeline;
}

async function inspect(runtime: DatabaseRuntime, member: string) {
  return parseInspection(await runTask(runtime, member, renderInspect(runtime.plan.binDir)));
}
