import { createServer, type Server, Socket } from 'node:net';

/** A line to a real engine that a test can cut: the engine stays well, only the way to it breaks. */
export interface Line {
  readonly host: string;
  readonly port: number;
  /** How often a client has come, answered or not. */
  connections(): number;
  /** As at the start: everything goes through. */
  pass(): Promise<void>;
  /** Nothing listens, and what was open is cut. */
  refuse(): Promise<void>;
  /** Accepts and never answers, as a frozen machine does; what is open falls silent. */
  hang(): Promise<void>;
  close(): Promise<void>;
}

interface Target {
  host: string;
  port: number;
}

export async function createLine(listen: Target, target: Target): Promise<Line> {
  const sockets = new Set<Socket>();
  let server: Server | null = null;
  let isHanging = false;
  let connections = 0;

  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
    return socket;
  };
  const connect = (near: Socket) => {
    connections += 1;
    keep(near);
    if (isHanging) return void near.pause();
    const far = keep(new Socket().connect(target.port, target.host));
    near.pipe(far).pipe(near);
    near.once('close', () => far.destroy());
    far.once('close', () => near.destroy());
  };
  const open = async () => {
    if (server !== null) return;
    server = createServer(connect);
    await new Promise<void>((resolve, reject) => {
      server?.once('error', reject).listen(listen.port, listen.host, resolve);
    });
  };
  const cut = () => sockets.forEach((socket) => socket.destroy());
  const shut = async () => {
    const closing = server;
    server = null;
    cut();
    if (closing !== null) await new Promise((resolve) => closing.close(resolve));
  };

  await open();
  return {
    ...listen,
    connections: () => connections,
    async pass() {
      if (isHanging) cut();
      isHanging = false;
      await open();
    },
    refuse: shut,
    async hang() {
      isHanging = true;
      await open();
      for (const socket of sockets) socket.unpipe().pause();
    },
    close: shut,
  };
}
