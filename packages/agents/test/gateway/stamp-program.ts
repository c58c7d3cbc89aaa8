import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';

/**
 * A small real stamp for the tests: `agent` answers the health endpoint and looks at its component every second as a stamp
 * agent does; `component` echoes what reached it. Two processes, so that one can be killed or frozen without the other.
 */
const { ROLE, ADDRESS, PORT, COMPONENT_PORT, STAMP, TOKEN } = process.env;

if (ROLE === 'agent') runAgent();
else runComponent();

function runAgent(): void {
  let able = false;
  const look = () => {
    const request = get(
      { host: ADDRESS, port: COMPONENT_PORT, path: '/readyz', timeout: 1000, agent: false },
      (answer) => {
        able = answer.statusCode === 200;
        answer.resume();
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => {
      able = false;
    });
  };
  look();
  setInterval(look, 1000);
  createServer((request, response) => {
    const known = request.headers['x-alwayson-probe'] === TOKEN || request.headers['x-api-key'] !== undefined;
    response.writeHead(!known ? 403 : able ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ stamp: STAMP }));
  }).listen(Number(PORT), ADDRESS);
}

function runComponent(): void {
  const seen: string[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://stamp');
    const body = await readBody(request);
    const mark = url.searchParams.get('mark');
    if (mark !== null) seen.push(mark);
    if (url.searchParams.get('die') === STAMP) process.kill(process.pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, Number(url.searchParams.get('ms') ?? 0)));
    const times = seen.filter((entry) => entry === url.searchParams.get('count')).length;
    response.writeHead(Number(url.searchParams.get('status') ?? 200), {
      'content-type': 'application/json',
      server: 'secret/1.0',
    });
    const echo = {
      stamp: STAMP,
      method: request.method,
      headers: request.headers,
      bytes: body.length,
      times,
    };
    response.end(request.method === 'HEAD' ? undefined : JSON.stringify(echo));
  };
  createServer((request, response) => void answer(request, response)).listen(Number(PORT), ADDRESS);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
