import type { RecoveryCheck } from '@alwayson/protocol/recovery.ts';
import type { Authority } from './authority.ts';

export interface SwitchMember {
  id: string;
  region: string;
  isWriter: boolean;
  /** It is the writer, and takes writes. */
  isWriting: boolean;
  /** It receives from the writer and confirms. */
  isFollowing: boolean;
  /** Behind the writer; null when not known. */
  lagBytes: number | null;
}

export interface SwitchFacts {
  /** Where to. */
  region: string;
  regions: readonly string[];
  authority: Authority;
  members: readonly SwitchMember[];
  doors: readonly { id: string; isAnswering: boolean }[];
  /** Whether a copy is asked for before a write is acknowledged, and what happens without it. */
  copy: 'none' | 'degrade' | 'refuse';
  /** Operations that change the estate and run now. */
  running: readonly { id: string; title: string }[];
}

export interface SwitchReadiness {
  /** Who writes afterwards; null when nobody can. */
  candidate: string | null;
  checks: RecoveryCheck[];
  isReady: boolean;
}

/** Catching up this much takes well under a second. */
const lagBytesMax = 16 * 1024 * 1024;

/** What has to be so before writes are held for a switch (recovery.md 2.3, P0). It changes nothing. */
export function checkSwitch(facts: SwitchFacts): SwitchReadiness {
  const candidate = chooseCandidate(facts);
  const checks = [
    checkRegister(facts),
    checkRunning(facts),
    checkWriter(facts),
    checkCandidate(facts, candidate),
    checkLag(candidate),
    checkFollowers(facts),
    checkCopy(facts, candidate),
    checkDoors(facts),
  ];
  return {
    candidate: candidate?.id ?? null,
    checks,
    isReady: candidate !== undefined && checks.every(({ state }) => state !== 'fail'),
  };
}

/** Of those that follow, the one that is least behind; the first of them, when they are alike. */
function chooseCandidate({ members, region }: SwitchFacts): SwitchMember | undefined {
  const able = members.filter((member) => member.region === region && member.isFollowing);
  return able.toSorted((a, b) => (a.lagBytes ?? Infinity) - (b.lagBytes ?? Infinity))[0];
}

function toCheck(name: string, isGood: boolean, detail: string): RecoveryCheck {
  return { name, state: isGood ? 'pass' : 'fail', detail };
}

function checkRegister({ authority }: SwitchFacts): RecoveryCheck {
  const { phase, epoch, writerRegion, operation } = authority;
  const detail =
    phase === 'steady'
      ? `${writerRegion} writes in epoch ${epoch}`
      : `the register is ${phase} for ${operation ?? 'an operation'}`;
  return toCheck('register', phase === 'steady', detail);
}

function checkRunning({ running }: SwitchFacts): RecoveryCheck {
  const detail =
    running.length === 0
      ? 'nothing else changes the estate'
      : `still running: ${running.map(({ id, title }) => `${title} (${id})`).join('; ')}`;
  return toCheck('operations', running.length === 0, detail);
}

function checkWriter({ members, region, regions }: SwitchFacts): RecoveryCheck {
  const writer = members.find(({ isWriter }) => isWriter);
  if (!regions.includes(region))
    return toCheck('writer', false, `there is no region ${region}: ${regions.join(', ')}`);
  if (writer === undefined || !writer.isWriting)
    return toCheck('writer', false, `${writer?.id ?? 'nobody'} does not take writes now`);
  if (writer.region === region)
    return toCheck('writer', false, `${region} writes already, with ${writer.id}`);
  return toCheck('writer', true, `${writer.id} takes writes`);
}

function checkCandidate({ region }: SwitchFacts, candidate: SwitchMember | undefined): RecoveryCheck {
  const detail =
    candidate === undefined
      ? `no server of ${region} follows the writer`
      : `${candidate.id} follows the writer and takes over`;
  return toCheck('candidate', candidate !== undefined, detail);
}

function checkLag(candidate: SwitchMember | undefined): RecoveryCheck {
  const bytes = candidate?.lagBytes ?? null;
  if (bytes === null) return toCheck('lag', false, 'how far it is behind is not known');
  return toCheck('lag', bytes <= lagBytesMax, `${bytes} bytes behind, ${lagBytesMax} at most`);
}

/** The timeline of one switch has to be everybody's before the next one. */
function checkFollowers({ members }: SwitchFacts): RecoveryCheck {
  const missing = members.filter(({ isWriter, isFollowing }) => !isWriter && !isFollowing);
  const detail =
    missing.length === 0
      ? 'every other server follows the writer'
      : `not following the writer: ${missing.map(({ id }) => id).join(', ')}`;
  return { name: 'followers', state: missing.length === 0 ? 'pass' : 'warn', detail };
}

function checkCopy({ members, region, copy }: SwitchFacts, candidate?: SwitchMember): RecoveryCheck {
  const name = 'second copy';
  if (copy === 'none') return { name, state: 'pass', detail: 'none is asked for' };
  const partner = members.find(
    (member) => member.region === region && member.id !== candidate?.id && member.isFollowing,
  );
  if (partner !== undefined) return { name, state: 'pass', detail: `${partner.id} confirms afterwards` };
  return {
    name,
    state: copy === 'refuse' ? 'fail' : 'warn',
    detail: `nobody else in ${region} could confirm writes afterwards`,
  };
}

function checkDoors({ doors }: SwitchFacts): RecoveryCheck {
  const silent = doors.filter(({ isAnswering }) => !isAnswering).map(({ id }) => id);
  const detail =
    silent.length === 0 ? 'every PgBouncer answers and can hold writes' : `no answer: ${silent.join(', ')}`;
  return toCheck('doors', silent.length === 0, detail);
}
