import { BackupRequest, BackupsReport, VerifyRequest } from '@alwayson/protocol/backups.ts';
import { Operation } from '@alwayson/protocol/operations.ts';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { BackupBoard } from '../backups/backup-board.ts';

/** Backups of protocol/backups.ts. What is begun is answered 202: its operation goes on. */
export function registerBackupRoutes(server: FastifyInstance, board: BackupBoard): void {
  const api = server.withTypeProvider<ZodTypeProvider>();
  const security = [{ operator: [] }];
  const list = {
    summary: 'Backups, newest first, and when one was proven',
    response: { 200: BackupsReport },
  };
  api.get('/api/backups', { schema: list }, () => board.report());
  const create = {
    summary: 'Back up the database in every region',
    body: BackupRequest,
    response: { 202: Operation },
    security,
  };
  api.post('/api/backups', { schema: create }, async (request, reply) =>
    reply.status(202).send(board.create(request.body)),
  );
  const verify = {
    summary: 'Restore a backup to a throwaway server and read it whole',
    body: VerifyRequest,
    response: { 202: Operation },
    security,
  };
  api.post('/api/backups/verify', { schema: verify }, async (request, reply) =>
    reply.status(202).send(board.verify(request.body)),
  );
}
