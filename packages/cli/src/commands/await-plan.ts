import { setTimeout as delay } from 'node:timers/promises';
import { isAlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { DeployRequest, RolloutPlan } from '@alwayson/protocol/releases.ts';
import { createControlPlaneClient } from '../client/control-plane-client.ts';
import { askControlPlane, findRunningEnvironment } from '../environment/find-environment.ts';
import type { CommandIo } from '../output/command-io.ts';
import { askUnlessAway } from './watch-report.ts';

const pollMs = 300;
/** Who waits longer than this is told for what. */
const quietMs = 3000;
/** A control plane that ends each time a plan is made does not make one by being asked again. */
const triesMax = 3;

/** The plan of a deploy. The control plane prepares the release first, which may take minutes; one that restarts is asked again. */
export async function awaitPlan(io: CommandIo, request: DeployRequest): Promise<RolloutPlan> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await planOnce(io, request);
    } catch (error) {
      const isForgotten = isAlwaysOnError(error) && error.code === 'AON_NOT_FOUND';
      if (!isForgotten || tries === triesMax) throw error;
      io.note('The control plane was restarted: the plan is made anew.');
    }
  }
}

async function planOnce(io: CommandIo, request: DeployRequest): Promise<RolloutPlan> {
  const begun = await askControlPlane(io.env, (client) => client.plan(request));
  let { plan } = begun;
  const client = createControlPlaneClient(findRunningEnvironment(io.env));
  const startedAt = performance.now();
  let isTold = false;
  while (plan === null) {
    await delay(pollMs);
    if (!isTold && performance.now() - startedAt >= quietMs) {
      io.note('The release is prepared first: files are copied, packages installed, front ends built.');
      isTold = true;
    }
    const made = await askUnlessAway(io, () => client.planning(begun.planning));
    plan = made?.plan ?? null;
  }
  return plan;
}
