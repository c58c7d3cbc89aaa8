import { createSocket } from 'node:dgram';
import { type GatewayLine, parseGatewayLine } from '@alwayson/engines/haproxy/access-log.ts';
import {
  parseUnansweredRequests,
  type UnansweredRequests,
} from '@alwayson/engines/haproxy/unanswered-requests.ts';

/** Bursts wait in the kernel while we are busy; what does not fit is seen as lost by its missing number. */
const kernelBufferBytes = 4 * 1024 * 1024;

/** Listens for the gateway's lines (UDP, one datagram each). Anything else that arrives is ignored. */
export async function createLogReceiver(options: {
  address: string;
  port: number;
  onLine: (line: GatewayLine) => void;
  onUnanswered?: (told: UnansweredRequests) => void;
}): Promise<{ close(): Promise<void> }> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: kernelBufferBytes });
  socket.on('message', (datagram) => {
    const text = datagram.toString('utf8');
    const line = parseGatewayLine(text);
    const unanswered = line === null ? parseUnansweredRequests(text) : null;
    if (line !== null) options.onLine(line);
    if (unanswered !== null) options.onUnanswered?.(unanswered);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(options.port, options.address, () => {
      socket.off('error', reject);
      // Once bound, a UDP socket reports nothing that would be worth stopping for.
      socket.on('error', () => {});
      resolve();
    });
  });
  return { close: () => new Promise((resolve) => socket.close(resolve)) };
}
