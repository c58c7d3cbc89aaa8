import type { StampPlan } from '@alwayson/core/estate/stamps.ts';
import type { Environment } from '@alwayson/protocol/environment.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';
import { askGateway, askPatiently, type GatewayAnswer } from './ask-gateway.ts';
import { inLanes } from './in-lanes.ts';
import { listLivingGateways, type LivingGateway, type Places } from './living-places.ts';
import { findIdentityFault, isUnitOf } from './stamp-identity.ts';

/** What a stamp said when it was asked through one gateway. */
interface StampEvidence {
  stamp: string;
  gateway: string;
  /** The unit that answered; null when it does not say. */
  server: string | null;
  fault: string | null;
}

interface FrontDoorEvidence {
  asked: number;
  /** Answers by stamp of the release. */
  stamps: Record<string, number>;
  /** Answers of whoever does not say who it is. */
  unnamed: number;
  /** What was answered by others or not at all, each once. */
  faults: string[];
}

export interface ReadBack {
  proven: boolean;
  text: string;
  /** Plain JSON. */
  evidence: { stamps: StampEvidence[]; frontDoor: FrontDoorEvidence };
}

export interface ReleaseStamps {
  /** All of the release that are to serve. */
  stamps: readonly StampPlan[];
  manifest: Manifest;
}

const askTimes = 50;
const lanes = 5;
const timeoutMs = 5000;
const faultsMax = 10;

/**
 * The proof that a release serves: each of its stamps, asked through every living gateway, is itself and of the release; and of fifty
 * requests at the front door, each over a new connection, all are answered by one of them. Throws only what the signal says.
 */
export async function readBack(
  places: Places,
  { stamps, manifest }: ReleaseStamps,
  signal: AbortSignal,
): Promise<ReadBack> {
  const { environment } = places;
  const gateways = listLivingGateways(places);
  const paths = listPaths(manifest);
  const asked = stamps.flatMap((stamp) => gateways.map((gateway) => ({ stamp, gateway })));
  const found = await inLanes(asked, lanes, ({ stamp, gateway }) =>
    askStamp(environment, { stamp, gateway, path: paths[0] ?? '/' }, signal),
  );
  const frontDoor = await askFrontDoor(environment, { stamps, paths }, signal);
  const faults = [
    ...(gateways.length === 0 ? ['no gateway is there to ask'] : []),
    ...(stamps.length === 0 ? ['there are no stamps of it'] : []),
    ...found.flatMap(({ stamp, gateway, fault }) =>
      fault === null ? [] : [`${stamp} through ${gateway}: ${fault}`],
    ),
    ...frontDoor.faults.map((fault) => `front door: ${fault}`),
  ];
  const text = faults.length > 0 ? faults.join('; ') : describe(stamps, gateways, frontDoor);
  return { proven: faults.length === 0, text, evidence: { stamps: found, frontDoor } };
}

async function askStamp(
  environment: Environment,
  { stamp, gateway, path }: { stamp: StampPlan; gateway: LivingGateway; path: string },
  signal: AbortSignal,
): Promise<StampEvidence> {
  const evidence = { stamp: stamp.id, gateway: gateway.region };
  const identityFault = await findIdentityFault(environment, stamp);
  if (identityFault !== null) return { ...evidence, server: null, fault: identityFault };
  try {
    const question = { url: gateway.url, path, stamp: stamp.id };
    const answer = await askPatiently(environment, question, { timeoutMs, signal });
    const { serverName: server } = answer;
    const other = server !== null && !isUnitOf(stamp, server) ? `answered by ${server}` : null;
    return { ...evidence, server, fault: other ?? findFailure(answer) };
  } catch (error) {
    signal.throwIfAborted();
    return { ...evidence, server: null, fault: toReason(error) };
  }
}

async function askFrontDoor(
  environment: Environment,
  { stamps, paths }: { stamps: readonly StampPlan[]; paths: readonly string[] },
  signal: AbortSignal,
): Promise<FrontDoorEvidence> {
  const turns = Array.from({ length: askTimes }, (_, n) => paths[n % paths.length] ?? '/');
  const answers = await inLanes(turns, lanes, async (path) => {
    try {
      const bounded = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      return await askGateway(environment, { url: environment.frontDoor.url, path }, bounded);
    } catch (error) {
      signal.throwIfAborted();
      return toReason(error);
    }
  });
  const evidence: FrontDoorEvidence = { asked: answers.length, stamps: {}, unnamed: 0, faults: [] };
  for (const answer of answers) {
    const fault = typeof answer === 'string' ? answer : findFailure(answer);
    const server = typeof answer === 'string' ? null : answer.serverName;
    const own = server === null ? undefined : stamps.find((stamp) => isUnitOf(stamp, server));
    if (fault !== null) noteFault(evidence, fault);
    else if (server === null) evidence.unnamed += 1;
    else if (own === undefined) noteFault(evidence, `answered by ${server}`);
    else evidence.stamps[own.id] = (evidence.stamps[own.id] ?? 0) + 1;
  }
  return evidence;
}

/** An answer that says nothing of who serves: the gateway's own, or a failure. */
function findFailure({ status, code }: GatewayAnswer): string | null {
  if (code === null && status < 500) return null;
  return code === null ? `HTTP ${status}` : `HTTP ${status} ${code}`;
}

function noteFault({ faults }: FrontDoorEvidence, fault: string): void {
  if (!faults.includes(fault) && faults.length < faultsMax) faults.push(fault);
}

function describe(
  stamps: readonly StampPlan[],
  gateways: readonly LivingGateway[],
  { asked, unnamed }: FrontDoorEvidence,
): string {
  const through = gateways.map(({ region }) => region).join(', ');
  const named = unnamed === 0 ? '' : `, ${unnamed} without saying who answered`;
  return `${stamps.length} stamps answer through ${through}; ${asked} of ${asked} requests at the front door are answered by them${named}`;
}

/** What flows are probed with; else the front page. */
function listPaths({ flows }: Manifest): string[] {
  const probed = flows.flatMap(({ probe }) => (probe?.path === undefined ? [] : [probe.path]));
  return probed.length > 0 ? [...new Set(probed)] : ['/'];
}

function toReason(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError')
    return `no whole answer within ${timeoutMs / 1000} s`;
  return error instanceof Error ? `not reached: ${error.message}` : String(error);
}
