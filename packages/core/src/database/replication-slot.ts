/** The replication slot of a member on whichever server is the writer: member ids with what a slot name allows. */
export function toSlotName(member: string): string {
  return member.replaceAll('-', '_');
}
