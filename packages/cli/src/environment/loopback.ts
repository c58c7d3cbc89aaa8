import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { type Zone, witnessRegion, zonePorts } from '@alwayson/protocol/environment.ts';
import { AlwaysOnError } from '@alwayson/protocol/errors.ts';
import type { Manifest } from '@alwayson/protocol/manifest.ts';

/** 127.<octet>.<region>.<zone>: one octet an environment. */
const octetFirst = 16;
const octetCount = 184;

/** Every zone with its own loopback address, the witness first. */
export function toZones(regions: Manifest['regions'], octet: number): Zone[] {
  const witness: Zone = { name: 'witness', region: witnessRegion, address: `127.${octet}.0.1` };
  const zones = regions.flatMap((region, r) =>
    Array.from({ length: region.zones }, (_, z) => ({
      name: `${region.name}-${z + 1}`,
      region: region.name,
      address: `127.${octet}.${r + 1}.${z + 1}`,
    })),
  );
  return [witness, ...zones];
}

/** The octet that the state folder's name points to, or the next one that no running environment uses. */
export async function chooseOctet(stateDir: string, isFree = isOctetFree): Promise<number> {
  const start = createHash('sha256').update(stateDir).digest().readUInt16BE() % octetCount;
  for (let step = 0; step < octetCount; step++) {
    const octet = octetFirst + ((start + step) % octetCount);
    if (await isFree(octet)) return octet;
  }
  throw new AlwaysOnError('AON_PORT_TAKEN', 'All loopback addresses for environments are in use.');
}

async function isOctetFree(octet: number): Promise<boolean> {
  return (await tryListen(`127.${octet}.0.1`, zonePorts.host)) === 'free';
}

/** Listens for a moment to see whether one could; else the system's error code. */
export async function tryListen(address: string, port: number): Promise<'free' | (string & {})> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, exclusive: true }, resolve);
    });
    await new Promise((resolve) => server.close(resolve));
    return 'free';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'EUNKNOWN';
  }
}
