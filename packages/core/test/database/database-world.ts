import type { DatabaseAction } from '@alwayson/core/database/database-action.ts';
import type {
  DatabaseObservation,
  MemberAnswer,
  MemberObservation,
} from '@alwayson/core/database/database-observation.ts';
import {
  type DatabasePolicy,
  type DatabaseRecord,
  emptyDatabaseRecord,
} from '@alwayson/core/database/database-record.ts';
import { decideDatabase } from '@alwayson/core/database/decide-database.ts';
import { chooseRejoinMethod } from '@alwayson/core/database/rejoin-method.ts';
import { toSlotName } from '@alwayson/core/database/replication-slot.ts';
import { type Authority, createAuthority } from '@alwayson/core/recovery/authority.ts';
import { createMember, inspect, isBeginning, type Member, settleIfOpen } from './world-member.ts';

const tickMs = 250;

/**
 * Servers, hosts and a controller, reduced to the rules: who holds which writes, who may acknowledge, what is known of it. Time: `tick`.
 */
export class DatabaseWorld {
  record: DatabaseRecord = emptyDatabaseRecord;
  authority: Authority = createAuthority('west');
  /** Every member that the register ever named. */
  readonly named = new Set<string>();
  acknowledged: number[] = [];
  /** A region was declared lost, and nobody has taken over yet: what only it holds is given up. */
  isDeclared = false;
  readonly promotions: { member: string; term: number }[] = [];
  readonly members: Member[];
  readonly #policy: DatabasePolicy;
  #version = 0;
  #now = 0;
  #watchedSince = 0;
  #seenTerm = 0;
  #linkTerm = 0;
  #proven: { standby: string; version: number } | null = null;
  #lastWrite = 0;

  constructor(copy: DatabasePolicy['copy']) {
    this.members = ['west-1', 'west-2', 'east-1', 'east-2'].map(createMember);
    this.#policy = { members: this.members.map(({ id, zone, region }) => ({ id, zone, region })), copy };
  }

  member(id: string): Member {
    const member = this.members.find((candidate) => candidate.id === id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  kill(id: string): void {
    Object.assign(this.member(id), { isUp: false, isFrozen: false, isPrimary: false });
  }

  loseZone(id: string): void {
    this.kill(id);
    this.member(id).isZoneUp = false;
  }

  restoreZone(id: string): void {
    this.member(id).isZoneUp = true;
  }

  setFrozen(id: string, isFrozen: boolean): void {
    const member = this.member(id);
    member.isFrozen = isFrozen && member.isUp;
  }

  /** The controller dies and another one starts: it knows the record and nothing else. */
  restartController(): void {
    this.#watchedSince = this.#now;
    this.#seenTerm = 0;
    this.#linkTerm = 0;
    this.#proven = null;
    for (const member of this.members) {
      member.view = { answer: null, sql: 'unknown', silences: 0, at: this.#now };
      member.known = { kind: 'unknown' };
      member.tries = { starts: 0, rejoins: 0 };
    }
  }

  /** A client's write to any server that takes writes, the record's writer or not. */
  write(id: string): void {
    const member = this.member(id);
    if (!member.isUp || member.isFrozen || !member.isPrimary || member.data === null) return;
    this.#lastWrite += 1;
    member.data = { ...member.data, log: [...member.data.log, this.#lastWrite] };
    const awaited = member.applied?.source === null ? member.applied.waitFor : 'nobody';
    if (awaited !== null) {
      const standby = this.members.find((candidate) => candidate.id === awaited);
      if (standby === undefined || !this.#follows(standby, member)) return;
      this.#replicate(standby);
    }
    this.acknowledged.push(this.#lastWrite);
  }

  replicateAll(): void {
    for (const member of this.members) this.#replicate(member);
  }

  /** One turn of the controller: some members are asked, some take the newest role, some actions are done. */
  tick(does: (what: 'probe' | 'apply' | 'act', member: string) => boolean): void {
    this.#now += tickMs;
    for (const member of this.members) if (does('probe', member.id)) this.#probe(member);
    for (let commits = 0; ; commits += 1) {
      if (commits > 5) throw new Error('the record does not come to rest');
      const decision = decideDatabase(this.record, this.#observe(), this.#policy);
      if (decision.record === this.record) {
        const { writer, epoch } = this.record;
        this.authority = settleIfOpen(this.authority, epoch, this.member(writer ?? ''));
        for (const member of this.members) if (does('apply', member.id)) this.#apply(member);
        for (const action of decision.actions) {
          if (does('act', action.member)) this.#act(action, does('probe', action.member));
        }
        return;
      }
      this.record = decision.record;
      this.#version += 1;
    }
  }

  /** It streams: its server is there, and what it holds is a beginning of what that one holds. */
  #follows(standby: Member, source: Member): boolean {
    if (!standby.isUp || standby.isFrozen || standby.isPrimary || standby.applied?.source !== source.id)
      return false;
    if (!source.isUp || source.isFrozen || !source.isPrimary) return false;
    if (standby.data === null || source.data === null) return false;
    return isBeginning(standby.data, source.data);
  }

  #replicate(standby: Member): void {
    const source = this.members.find((candidate) => candidate.id === standby.applied?.source);
    if (source === undefined || !this.#follows(standby, source) || source.data === null) return;
    standby.data = { ...source.data, lastRan: 'standby' };
  }

  #apply(member: Member): void {
    if (!member.isZoneUp || member.applied?.version === this.#version) return;
    const { writer, waitFor } = this.record;
    const source = member.id === writer ? null : writer;
    member.applied = { version: this.#version, source, waitFor: source === null ? waitFor : null };
  }

  #probe(member: Member): void {
    const isSilent = member.isUp && member.isFrozen;
    if (!member.isUp || isSilent) {
      const { silences, at } = member.view;
      member.view = {
        answer: null,
        sql: isSilent ? 'silent' : 'refused',
        silences: isSilent ? silences + 1 : 0,
        at,
      };
      return;
    }
    member.view = { answer: this.#answer(member), sql: 'answers', silences: 0, at: this.#now };
    if (member.id === this.record.writer && member.isPrimary) this.#noteWriter(member);
  }

  #answer(member: Member): MemberAnswer {
    const followers = this.members.filter((candidate) => this.#follows(candidate, member));
    return {
      inRecovery: !member.isPrimary,
      timeline: member.data?.timelines.length ?? null,
      streamsFrom: member.applied?.source ?? null,
      bootstrapped: true,
      replicas: Object.fromEntries(
        followers.map(({ id }) => [
          id,
          { streaming: true, sync: member.applied?.waitFor === id, lagBytes: 0, replyAgeMs: 0, confirmMs: 0 },
        ]),
      ),
      slots: member.slots.map((name) => ({ name, lost: false })),
    };
  }

  #noteWriter(writer: Member): void {
    const { term } = this.record;
    this.#seenTerm = term;
    for (const member of this.members) {
      const isNew = this.#linkTerm !== term;
      const attached = this.#follows(member, writer);
      const isSame = !isNew && member.link.attached === attached;
      const misses = attached ? 0 : (isNew ? 0 : member.link.misses) + 1;
      member.link = { attached, misses, since: isSame ? member.link.since : this.#now };
      if (attached) member.tries = { starts: 0, rejoins: 0 };
    }
    this.#linkTerm = term;
  }

  #observe(): DatabaseObservation {
    const { term } = this.record;
    const observe = (member: Member): MemberObservation => ({
      host: member.isZoneUp ? 'connected' : 'refused',
      process: member.applied === null ? null : member.isUp ? 'ready' : 'exited',
      sql: member.view.sql,
      silences: member.view.silences,
      sinceAnswerMs: this.#now - member.view.at,
      answer: member.isZoneUp && !member.isUp ? null : member.view.answer,
      data: member.isUp ? { kind: 'unknown' } : member.known,
      link:
        this.#linkTerm === term
          ? {
              attached: member.link.attached,
              misses: member.link.misses,
              forMs: this.#now - member.link.since,
            }
          : { attached: false, misses: 0, forMs: 0 },
      tries: member.tries,
    });
    return {
      watchedForMs: this.#now - this.#watchedSince,
      writerSeen: this.#seenTerm === term,
      provenSync: this.#proven?.version === this.#version ? this.#proven.standby : null,
      authority: this.authority,
      members: Object.fromEntries(this.members.map((member) => [member.id, observe(member)])),
    };
  }

  /** `isWhole` false: what takes time was interrupted half way. */
  #act(action: DatabaseAction, isWhole: boolean): void {
    const member = this.member(action.member);
    if (action.type === 'probe') return this.#probe(member);
    if (!member.isZoneUp) return;
    if (action.type !== 'fence') this.#apply(member);
    switch (action.type) {
      case 'inspect':
        member.known = inspect(member);
        return;
      case 'initialise':
        member.data = { log: [], timelines: [0], lastRan: 'primary' };
        return this.#start(member);
      case 'start':
        return this.#start(member);
      case 'bootstrap':
        return;
      case 'promote':
        return this.#promote(member, action.previous);
      case 'fence':
        return this.kill(member.id);
      case 'rejoin':
        return this.#rejoin(member, isWhole);
      case 'prove':
        return this.#prove(member, action.standby);
      case 'slots':
        member.slots = member.isUp && !member.isFrozen ? action.followers.map(toSlotName) : member.slots;
    }
  }

  #start(member: Member): void {
    member.tries = { ...member.tries, starts: member.tries.starts + 1 };
    if (member.isUp || member.data === null || member.applied === null) return;
    member.known = { kind: 'unknown' };
    const startsAsPrimary = member.applied.source === null && member.data.lastRan === 'primary';
    Object.assign(member, { isUp: true, isPrimary: startsAsPrimary });
    if (!startsAsPrimary) member.data = { ...member.data, lastRan: 'standby' };
  }

  #promote(member: Member, previous: string | null): void {
    // At the beginning of an epoch everybody who is not a standby.
    const isMove = this.authority.phase === 'opening';
    for (const { id, isPrimary } of this.members)
      if (id !== member.id && (id === previous || (isMove && isPrimary))) this.kill(id);
    if (!member.isUp || member.isFrozen || member.isPrimary || member.data === null) return;
    const { log, timelines } = member.data;
    if (this.isDeclared) this.acknowledged = this.acknowledged.filter((write) => log.includes(write));
    this.isDeclared = false;
    member.isPrimary = true;
    member.data = { log, timelines: [...timelines, log.length], lastRan: 'primary' };
    this.promotions.push({ member: member.id, term: this.record.term });
  }

  #rejoin(member: Member, isWhole: boolean): void {
    const source = this.member(this.record.writer ?? '');
    if (!source.isUp || source.isFrozen || !source.isPrimary || source.data === null) return;
    this.kill(member.id);
    const { rejoins } = member.tries;
    member.tries = { ...member.tries, rejoins: rejoins + 1 };
    const writerTimeline = source.data.timelines.length;
    const method = chooseRejoinMethod(inspect(member), { writerTimeline, rejoins });
    // On the same timeline a rewind finds nothing to do.
    const canRewind = method === 'rewind' && member.data?.timelines.length !== writerTimeline;
    const isRepaired = method === 'rebuild' || canRewind;
    if (!isWhole) member.data = null;
    else if (isRepaired) member.data = { ...source.data, lastRan: 'standby' };
    member.known = { kind: 'unknown' };
    if (isWhole) this.#start(member);
  }

  #prove(writer: Member, standby: string): void {
    const follower = this.member(standby);
    if (writer.applied?.waitFor !== standby || !this.#follows(follower, writer)) return;
    this.#replicate(follower);
    this.#proven = { standby, version: this.#version };
  }
}
