import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import { KeptHttp } from '@alwayson/engines/http/kept-http.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import { z } from 'zod';
import { stampHealthQuestion } from '../estate/stamp-units.ts';

/** Units are named after their stamp. */
export function isUnitOf({ id }: Pick<StampPlan, 'id'>, unit: string): boolean {
  return unit.startsWith(`${id}-`);
}

const Identity = z.object({ stamp: z.string(), release: z.string() });
const timeoutMs = 2000;

/** What is wrong with what a stamp's agent says of itself, asked directly; null when it is this stamp, of this release, and well. */
export async function findIdentityFault(environment: Environment, stamp: StampPlan): Promise<string | null> {
  const connection = new KeptHttp({ ...stampHealthQuestion(environment, stamp), timeoutMs });
  try {
    const { status, body } = await connection.ask();
    const said = Identity.safeParse(parse(body)).data;
    if (said === undefined) return `its agent does not say what it is (HTTP ${status})`;
    if (said.stamp !== stamp.id) return `its agent says it is ${said.stamp}`;
    if (said.release !== stamp.release) return `its agent says it is of release ${said.release.slice(0, 12)}`;
    return status === 200 ? null : `its agent says it cannot serve (HTTP ${status})`;
  } catch (error) {
    return `its agent does not answer: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    connection.close();
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
