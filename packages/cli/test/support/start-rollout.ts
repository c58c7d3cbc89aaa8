import type { RolloutReport } from '@alwayson/protocol/releases.ts';
import { startMarkedProcess } from './marked-process.ts';
import { createSampleEnvironment } from './sample-environment.ts';
import { createStateDir } from './scratch.ts';
import { type cutOff, type MoreAnswers, startStandInControlPlane } from './stand-in-control-plane.ts';

/** An environment that runs, whose control plane answers what the test says; `bodies` is what was posted to a route. */
export async function startRolloutEnvironment(also: MoreAnswers) {
  const stateDir = createStateDir();
  const { port, requests } = await startStandInControlPlane(also);
  await createSampleEnvironment(stateDir, { frontDoor: 18_241, console: port });
  await startMarkedProcess(stateDir);
  const bodies = (route: string) => {
    const start = `POST /api/${route} `;
    return requests
      .filter((request) => request.startsWith(start))
      .map((request) => JSON.parse(request.slice(start.length, request.lastIndexOf('}') + 1)) as unknown);
  };
  return { stateDir, requests, bodies };
}

/** Answers of `GET /api/rollouts/deploy-1`, one after the other; the last one stays. */
export function tellInTurn(...answers: readonly (RolloutReport | typeof cutOff)[]) {
  const left = [...answers];
  return (route: string) => {
    if (route !== 'GET /api/rollouts/deploy-1') return undefined;
    return left.length > 1 ? left.shift() : left[0];
  };
}
