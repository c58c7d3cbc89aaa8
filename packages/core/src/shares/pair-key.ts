/** Of a stamp and a flow, or of a gateway and a flow; neither has a blank in its name. */
export function toPairKey(owner: string, flow: string): string {
  return `${owner} ${flow}`;
}
