/**
 * Makes a running Node.js process of the workload misbehave from outside, through its inspector: real processes with real faults,
 * and no door for faults in the product. One process at a time: the inspector has one port.
 */
export interface Misbehaviour {
  /** Puts the process right again. */
  end(): Promise<void>;
}

const inspectorUrl = 'http://127.0.0.1:9229/json';

/** `body` decides for a request: returns true when it has dealt with it. `answer()` lets the process answer as always. */
const patch = (body: string) => `
  (() => {
    const { Server } = process.getBuiltinModule('node:http');
    const emit = globalThis.wellBehaved ??= Server.prototype.emit;
    Server.prototype.emit = function (name, request, response) {
      const answer = () => emit.call(this, name, request, response);
      if (name !== 'request' || /^\\/(livez|readyz|metrics)/.test(request.url)) return emit.apply(this, arguments);
      ${body}
      return answer();
    };
  })()`;

const restore = `process.getBuiltinModule('node:http').Server.prototype.emit = globalThis.wellBehaved`;

/** Answers this part of the requests to paths that contain `path` with 500. */
export function failRequests(
  pid: number,
  { path, part }: { path: string; part: number },
): Promise<Misbehaviour> {
  return misbehave(
    pid,
    `if (request.url.includes(${JSON.stringify(path)}) && Math.random() < ${part}) {
       request.resume();
       response.writeHead(500).end('broken');
       return true;
     }`,
  );
}

/** Answers everything but probes so much later. */
export function delayRequests(pid: number, delayMs: number): Promise<Misbehaviour> {
  return misbehave(pid, `setTimeout(answer, ${delayMs}); return true;`);
}

async function misbehave(pid: number, body: string): Promise<Misbehaviour> {
  process.kill(pid, 'SIGUSR1');
  const session = await connect();
  await session.evaluate(patch(body));
  return {
    async end() {
      await session.evaluate(restore);
      // Frees the port for the next one.
      await session.evaluate(`setTimeout(() => process.getBuiltinModule('node:inspector').close(), 50)`);
      session.close();
    },
  };
}

async function connect(): Promise<{ evaluate(expression: string): Promise<void>; close(): void }> {
  const url = await findSession();
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', reject, { once: true });
  });
  let last = 0;
  return {
    evaluate(expression) {
      const id = (last += 1);
      return new Promise((resolve, reject) => {
        const listen = (message: MessageEvent) => {
          const answer = JSON.parse(String(message.data)) as Answer;
          if (answer.id !== id) return;
          socket.removeEventListener('message', listen);
          const fault = answer.error?.message ?? answer.result?.exceptionDetails?.text;
          if (fault === undefined) resolve();
          else reject(new Error(fault));
        };
        socket.addEventListener('message', listen);
        socket.send(JSON.stringify({ id, method: 'Runtime.evaluate', params: { expression } }));
      });
    },
    close: () => socket.close(),
  };
}

interface Answer {
  id?: number;
  error?: { message: string };
  result?: { exceptionDetails?: { text: string } };
}

async function findSession(): Promise<string> {
  const deadline = Date.now() + 20_000;
  while (Date.now() < deadline) {
    const sessions = await fetch(inspectorUrl)
      .then((response) => response.json() as Promise<{ webSocketDebuggerUrl: string }[]>)
      .catch(() => []);
    const [session] = sessions;
    if (session !== undefined) return session.webSocketDebuggerUrl;
    await new Promise((resolve) => setTimeout(resolve, 50)); // between two looks
  }
  throw new Error('The process opened no inspector.');
}
