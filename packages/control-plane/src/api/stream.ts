import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { ApiContext } from './routes.ts';

/** A status goes out when it changed, at most this often; readers that are too slow to take it are cut off. */
const statusEveryMs = 250;
const keepAliveEveryMs = 15_000;
const bufferedBytesMax = 4 * 1024 * 1024;
const backlogMax = 500;
const readersMax = 100;

/** `GET /api/stream`: one stream of status, events and operations (server-sent events) that CLI and console both render. */
export function registerStream(server: FastifyInstance, { journal, status }: ApiContext): void {
  const readers = new Set<ServerResponse>();
  let lastText = '';

  const send = (reader: ServerResponse, text: string) => {
    if (reader.writableLength > bufferedBytesMax) reader.destroy();
    else reader.write(text);
  };
  const sendAll = (text: string) => {
    for (const reader of readers) send(reader, text);
  };
  const sendStatus = () => {
    const current = status();
    const comparable = JSON.stringify({ ...current, at: '' });
    if (comparable === lastText) return;
    lastText = comparable;
    sendAll(toMessage('status', current));
  };

  const stopListening = journal.listen({
    event: (event) => sendAll(toMessage('event', event, event.seq)),
    operation: (operation) => sendAll(toMessage('operation', operation)),
  });
  // Without readers nothing wakes the process.
  let statusTimer: NodeJS.Timeout | undefined;
  const keepAliveTimer = setInterval(() => sendAll(': still here\n\n'), keepAliveEveryMs);
  server.addHook('preClose', async () => {
    stopListening();
    clearInterval(statusTimer);
    clearInterval(keepAliveTimer);
    for (const reader of readers) reader.end();
  });

  server.get(
    '/api/stream',
    { schema: { summary: 'Live status, events and operations (SSE)' } },
    (request, reply) => {
      if (readers.size >= readersMax) return reply.status(503).header('retry-after', '5').send();
      reply.hijack();
      const reader = reply.raw;
      reader.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      readers.add(reader);
      statusTimer ??= setInterval(sendStatus, statusEveryMs);
      const leave = () => {
        readers.delete(reader);
        if (readers.size > 0) return;
        clearInterval(statusTimer);
        statusTimer = undefined;
      };
      reader.on('close', leave);
      reader.on('error', leave);
      send(reader, toMessage('status', status()));
      const seen = Number(request.headers['last-event-id'] ?? 0);
      if (seen > 0) {
        for (const event of journal.events({ after: seen, limit: backlogMax }))
          send(reader, toMessage('event', event, event.seq));
      }
      for (const operation of journal.operations(10).filter(({ state }) => state === 'running')) {
        send(reader, toMessage('operation', operation));
      }
    },
  );
}

function toMessage(type: string, data: unknown, id?: number): string {
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
}
