import { randomUUID } from 'node:crypto';
import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { testDataHeader } from '@alwayson/protocol/observation.ts';
import type { GateCheck } from '@alwayson/protocol/releases.ts';
import { askPatiently, type GatewayAnswer, type GatewayQuestion, NotReachedError } from './ask-gateway.ts';
import { inLanes } from './in-lanes.ts';
import { listLivingGateways, type LivingGateway, type Places } from './living-places.ts';
import { findIdentityFault, isUnitOf } from './stamp-identity.ts';

export interface SmokeResult {
  stamp: string;
  passed: boolean;
  checks: GateCheck[];
}

export interface StampOfRelease {
  stamp: StampPlan;
  /** Of its release. */
  manifest: Manifest;
}

const timeoutMs = 10_000;
/** Of all questions together: a stamp that hangs is found before anybody stops waiting for the test. */
const boundMs = 45_000;
/** A cold stamp is not to be flooded. */
const lanes = 4;

/** What a flow declares to be asked, once for reading and once for writing. */
interface FlowQuestion {
  flow: string;
  method: string;
  path: string;
  body: string;
}

/**
 * Asks every declared flow of one stamp through every living gateway, before anybody else does: it has to answer well, and to be who it
 * should be. Throws only what the signal says.
 */
export async function smokeStamp(
  places: Places,
  { stamp, manifest }: StampOfRelease,
  signal: AbortSignal,
): Promise<SmokeResult> {
  const { environment } = places;
  const gateways = listLivingGateways(places);
  const questions = manifest.flows.flatMap(listQuestions);
  const untilMs = performance.now() + timeoutMs;
  const bounded = AbortSignal.any([signal, AbortSignal.timeout(boundMs)]);
  const asked = questions.flatMap((question) => gateways.map((gateway) => ({ question, gateway })));
  const [fault, found] = await Promise.all([
    findIdentityFault(environment, stamp),
    inLanes(asked, lanes, async ({ question, gateway }) => {
      const told = toGatewayQuestion(question, { environment, gateway, stamp: stamp.id });
      signal.throwIfAborted();
      return { question, gateway, ...(await ask(environment, told, { stamp, untilMs, signal: bounded })) };
    }),
  ]);
  signal.throwIfAborted();
  const checks: GateCheck[] = [
    toReleaseCheck(stamp, fault, gateways),
    ...questions.map((question) =>
      toFlowCheck(
        question,
        found.filter((one) => one.question === question),
      ),
    ),
    ...manifest.flows.filter((flow) => listQuestions(flow).length === 0).map(toUnasked),
  ];
  return { stamp: stamp.id, passed: checks.every(({ verdict }) => verdict !== 'fail'), checks };
}

function listQuestions({ name, probe }: Manifest['flows'][number]): FlowQuestion[] {
  const { path, write } = probe ?? {};
  const body = write?.body === undefined ? '' : JSON.stringify(write.body);
  return [
    ...(path === undefined ? [] : [{ flow: name, method: 'GET', path, body: '' }]),
    ...(write === undefined ? [] : [{ flow: name, method: write.method, path: write.path, body }]),
  ];
}

/** A write is marked as test data, so that no user sees it, and is the same write however often it is tried. */
function toGatewayQuestion(
  { method, path, body }: FlowQuestion,
  { environment, gateway, stamp }: { environment: Environment; gateway: LivingGateway; stamp: string },
): GatewayQuestion {
  const { url } = gateway;
  if (method === 'GET') return { url, path, stamp };
  const id = randomUUID();
  const headers = {
    'x-api-key': environment.tokens.apiKeys[0] ?? '',
    [testDataHeader]: 'true',
    'idempotency-key': id,
    ...(body === '' ? {} : { 'content-type': 'application/json' }),
  };
  const fill = (text: string) => text.replaceAll('{uuid}', id);
  return { url, stamp, method, path: fill(path), body: fill(body), headers };
}

interface Found {
  /** Null when all is well. */
  fault: string | null;
  status: number | null;
  isNamed: boolean;
}

async function ask(
  environment: Environment,
  question: GatewayQuestion,
  { stamp, ...patience }: { stamp: StampPlan; signal: AbortSignal; untilMs: number },
): Promise<Found> {
  try {
    const answer = await askPatiently(environment, question, { timeoutMs, ...patience });
    return { fault: findFault(answer, stamp), status: answer.status, isNamed: answer.serverName !== null };
  } catch (error) {
    const fault =
      error instanceof NotReachedError ? `not reached: ${error.message}` : 'no whole answer in time';
    return { fault, status: null, isNamed: false };
  }
}

function findFault({ status, serverName, code }: GatewayAnswer, stamp: StampPlan): string | null {
  if (serverName !== null && !isUnitOf(stamp, serverName)) return `answered by ${serverName}`;
  if (status < 400) return null;
  return code === null ? `HTTP ${status}` : `HTTP ${status} ${code}`;
}

function toReleaseCheck(
  stamp: StampPlan,
  fault: string | null,
  gateways: readonly LivingGateway[],
): GateCheck {
  const name = 'release';
  if (fault !== null) return { name, verdict: 'fail', text: `${stamp.id}: ${fault}` };
  if (gateways.length === 0)
    return { name, verdict: 'fail', text: `${stamp.id}: no gateway is there to ask it through` };
  return {
    name,
    verdict: 'pass',
    text: `${stamp.id} says that it is of release ${stamp.release.slice(0, 12)}`,
  };
}

function toFlowCheck(
  { flow, method, path }: FlowQuestion,
  found: readonly (Found & { gateway: LivingGateway })[],
): GateCheck {
  const name = 'smoke';
  const bad = found.filter(({ fault }) => fault !== null);
  if (bad.length > 0) {
    const faults = bad.map(({ fault, gateway }) => `${fault ?? ''} through ${gateway.region}`);
    return { name, flow, verdict: 'fail', text: `${method} ${path}: ${faults.join('; ')}` };
  }
  if (found.length === 0)
    return { name, flow, verdict: 'not-enough-data', text: 'not asked: no gateway is there' };
  const answers = found.map(({ status, gateway }) => `${status ?? ''} through ${gateway.region}`).join(', ');
  const unnamed = found.every(({ isNamed }) => isNamed) ? '' : ' (without saying who it is)';
  return { name, flow, verdict: 'pass', text: `${method} ${path}: ${answers}${unnamed}` };
}

function toUnasked({ name }: Manifest['flows'][number]): GateCheck {
  return { name: 'smoke', flow: name, verdict: 'not-enough-data', text: 'not asked: it declares no probe' };
}
