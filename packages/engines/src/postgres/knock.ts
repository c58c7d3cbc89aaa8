import { connect } from 'node:net';

/** The message by which a client asks for TLS; a server answers it before anything else, with one byte. */
const tlsRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * Asks a server for a sign of life over a new connection. Connections that are open go on when only the postmaster is
 * frozen, and the kernel accepts new ones for it: this is the cheapest question that only a live postmaster answers.
 */
export function knock({
  host,
  port,
  timeoutMs,
}: {
  host: string;
  port: number;
  timeoutMs: number;
}): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error('timeout: nobody answers at the door')));
    socket.once('connect', () => socket.write(tlsRequest));
    socket.once('data', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server closed the connection at once')));
  });
}
