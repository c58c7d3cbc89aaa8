import { type Environment, witnessRegion } from './environment.ts';

/** Of the database server in a zone. */
export function toServerId(zone: string): string {
  return `pg-${zone}`;
}

/** Where each region's backups are kept, in the order of their numbers from 1: beside the server of its first zone. */
export function listRepositories({
  zones,
  stateDir,
}: Pick<Environment, 'zones' | 'stateDir'>): { region: string; path: string }[] {
  const firsts = zones.filter(
    ({ region }, index) =>
      region !== witnessRegion && zones.findIndex((other) => other.region === region) === index,
  );
  return firsts.map(({ region, name }) => ({
    region,
    path: `${stateDir}/units/${name}/${toServerId(name)}/backups`,
  }));
}
