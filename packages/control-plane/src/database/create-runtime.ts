import { resolve } from 'node:path';
import type { ControllerContext } from '../controller.ts';
import { planDatabase } from './database-plan.ts';
import {
  type DatabaseContext,
  type DatabaseRuntime,
  type MemberMemory,
  readRecord,
} from './database-runtime.ts';
import { createDoorWatch } from './door-watch.ts';
import { createLinkTracker } from './link-tracker.ts';
import { createMemberWatch } from './member-watch.ts';
import { createSpecKeeper } from './spec-keeper.ts';

export interface RuntimeListeners {
  onProbed: (member: string) => void;
  onSent: () => void;
  onSendFailure: (unit: string, error: unknown) => void;
}

/** A controller that has seen nothing yet: the committed record, and watches over every member and door. */
export function createRuntime(context: DatabaseContext, listeners: RuntimeListeners): DatabaseRuntime {
  const { environment, manifest, placement } = context;
  const plan = planDatabase(environment, manifest);
  const password = plan.passwords.postgresSuperuser;
  const unseen = (): MemberMemory => ({ data: { kind: 'unknown' }, tries: { starts: 0, rejoins: 0 } });
  return {
    context,
    authority: context.authority,
    plan,
    migrationsDir: context.migrationsDir ?? (() => findMigrations(context)),
    record: readRecord(context),
    since: performance.now(),
    watches: new Map(
      plan.members.map(({ id, address, port }) => {
        const onResult = () => listeners.onProbed(id);
        return [id, createMemberWatch({ address, port, password, onResult })];
      }),
    ),
    doors: new Map(
      plan.doors.map(({ id, zone, port }) => [
        id,
        createDoorWatch({ address: zone.address, port, password, now: context.now }),
      ]),
    ),
    memory: new Map(plan.members.map(({ id }) => [id, unseen()])),
    links: createLinkTracker(),
    specs: createSpecKeeper({
      placement,
      onSent: listeners.onSent,
      onFailure: listeners.onSendFailure,
    }),
    seenTerm: 0,
    proven: null,
    target: null,
    failover: null,
    lastReplicas: {},
    lags: new Map(),
  };
}

function findMigrations({ environment, manifest }: ControllerContext): string | null {
  const folder = manifest.stores.find(({ kind }) => kind === 'relational')?.migrations;
  return folder === undefined ? null : resolve(environment.workloadDir, folder);
}
