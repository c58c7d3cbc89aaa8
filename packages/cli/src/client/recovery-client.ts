import { type BackupRequest, BackupsReport, type VerifyRequest } from '@alwayson/protocol/backups.ts';
import {
  type DrillEvidence,
  DrillReport,
  DrillSchedule,
  type DrillScheduleRequest,
} from '@alwayson/protocol/drills.ts';
import { Operation } from '@alwayson/protocol/operations.ts';
import {
  type FailoverQuery,
  type FailoverRequest,
  RecoveryPlan,
  type RestoreQuery,
  type RestoreRequest,
} from '@alwayson/protocol/recovery.ts';
import { z } from 'zod';
import type { Ask } from './release-client.ts';

/** What the control plane is asked about recovery, and about operations in general. */
export interface RecoveryClient {
  failoverPlan(query: FailoverQuery): Promise<RecoveryPlan>;
  /** Begins it. Throws AON_NOT_READY with the checks that failed. */
  failover(request: FailoverRequest): Promise<Operation>;
  restorePlan(query: RestoreQuery): Promise<RecoveryPlan>;
  /** Begins it. Throws AON_NOT_READY with the checks that failed. */
  restore(request: RestoreRequest): Promise<Operation>;
  backups(): Promise<BackupsReport>;
  /** Each begins an operation. */
  createBackup(request: BackupRequest): Promise<Operation>;
  verifyBackup(request: VerifyRequest): Promise<Operation>;
  /** Of all modes, newest first. */
  drills(): Promise<DrillReport[]>;
  /** Answers how it was judged. */
  fileDrill(evidence: DrillEvidence): Promise<DrillReport>;
  drillSchedules(): Promise<DrillSchedule[]>;
  /** Answers all that are in force then. */
  scheduleDrill(request: DrillScheduleRequest): Promise<DrillSchedule[]>;
  /** Newest first. */
  operations(): Promise<Operation[]>;
  operation(id: string): Promise<Operation>;
  /** Each answers before the operation has ended. Throws AON_TOO_LATE. */
  cancelOperation(id: string, owner: string): Promise<Operation>;
  resumeOperation(id: string, owner: string): Promise<Operation>;
}

/** Servers that do not answer are waited for. */
const checkTimeoutMs = 15_000;
/** Repositories are read by programs of their own. */
const repositoryTimeoutMs = 60_000;

export function createRecoveryClient(ask: Ask): RecoveryClient {
  const order = (id: string, what: 'cancel' | 'resume', owner: string) =>
    ask(Operation, `/operations/${encodeURIComponent(id)}/${what}`, { method: 'POST', body: { owner } });
  return {
    failoverPlan: (query) =>
      ask(RecoveryPlan, `/failover/plan?${new URLSearchParams(query).toString()}`, {
        timeoutMs: checkTimeoutMs,
      }),
    failover: (body) => ask(Operation, '/failover', { method: 'POST', body, timeoutMs: checkTimeoutMs }),
    restorePlan: (query) =>
      ask(RecoveryPlan, `/restore/plan?${new URLSearchParams(query).toString()}`, {
        timeoutMs: repositoryTimeoutMs,
      }),
    restore: (body) => ask(Operation, '/restore', { method: 'POST', body, timeoutMs: repositoryTimeoutMs }),
    backups: () => ask(BackupsReport, '/backups', { timeoutMs: repositoryTimeoutMs }),
    createBackup: (body) => ask(Operation, '/backups', { method: 'POST', body }),
    verifyBackup: (body) => ask(Operation, '/backups/verify', { method: 'POST', body }),
    drills: () => ask(z.array(DrillReport), '/drills'),
    fileDrill: (body) => ask(DrillReport, '/drills', { method: 'POST', body }),
    drillSchedules: () => ask(z.array(DrillSchedule), '/drills/schedules'),
    scheduleDrill: (body) => ask(z.array(DrillSchedule), '/drills/schedules', { method: 'POST', body }),
    operations: () => ask(z.array(Operation), '/operations'),
    operation: (id) => ask(Operation, `/operations/${encodeURIComponent(id)}`),
    cancelOperation: (id, owner) => order(id, 'cancel', owner),
    resumeOperation: (id, owner) => order(id, 'resume', owner),
  };
}
